"""What a contributor is told of its money: statements, drawn live or issued, and the documents beside them."""
