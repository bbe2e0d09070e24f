"""What may be sent to Exchange: the table of cmdlets, checked commands, parameter values, filters and dialects."""
