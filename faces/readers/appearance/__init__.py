"""What people would say of a face's age, sex and origin: for balance and for measuring skew."""
