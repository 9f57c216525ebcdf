"""What participating organisations report as spent: versioned figures beside the ledger, brought by import."""
