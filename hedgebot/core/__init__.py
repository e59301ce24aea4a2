"""What we decide: one function, `step`, over one state. It awaits nothing and reads no clock."""
