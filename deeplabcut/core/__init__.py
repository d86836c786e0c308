"""What is true of poses whatever the network: types, geometry, configuration, errors, safe files."""
