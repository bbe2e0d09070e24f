"""Records of the streams, written as the system writes them."""
