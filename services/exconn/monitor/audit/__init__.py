"""The audit log in the monitor's database: appended to by the projector, sealed by checkpoints, verified each day."""
