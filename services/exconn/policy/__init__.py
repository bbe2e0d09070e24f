"""The policy worker: compares the guarded settings groups with Exchange, and applies exactly an approved plan."""
