"""What an account must and must not be allowed in Exchange: preflight, roles, and the scripts that make them."""
