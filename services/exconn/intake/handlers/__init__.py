"""What each kind of request does once it is admitted."""
