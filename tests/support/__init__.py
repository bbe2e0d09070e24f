"""What the tests lean on: real servers, real processes, and waiting for conditions."""
