"""The cmdlets that Exchange offers here, one module per group; `registry` names them all.

A cmdlet is a function from a `Call` to an iterator of CLIXML texts; warnings and non-terminating
errors go through the call. What no function stands for runs as if nothing matched.
"""
