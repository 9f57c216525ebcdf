"""What was sent of a proposal: read, compared with what was sent before, and taken away as a dossier."""
