"""What fault runs share: where processes are killed, the evidence, and the judge."""
