"""The device-action worker: issues wipes to Exchange and follows them to their end."""
