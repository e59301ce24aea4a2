"""What things are: frozen values, events, actions, records. No policy, no input or output."""
