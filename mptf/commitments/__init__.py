"""What contributors signed for; and of every record of a contributor, how sure it is and who may see it."""
