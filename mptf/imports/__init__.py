"""Tables brought from elsewhere: looked at before anything is imported, then imported whole or not at all."""
