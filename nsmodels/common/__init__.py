"""What every floor uses: checks of arguments, interrupts, digits, exact numbers, angles."""
