"""Every layout and macro on pages of samples, without a database."""
