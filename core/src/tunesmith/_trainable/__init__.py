"""Training code in all its forms, behind the one `Trainable` protocol."""
