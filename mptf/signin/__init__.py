"""Sign-in, second factor, sessions, invitations and resets."""
