"""What a page of ours in the browser is served with: on loopback alone, behind a guard."""
