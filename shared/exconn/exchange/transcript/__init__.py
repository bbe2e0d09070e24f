"""Transcripts: what a session said and heard, written down without names, hosts and ids."""
