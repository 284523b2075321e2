"""What lies on disk, which is the whole state: the plan, the ledger, the claims."""
