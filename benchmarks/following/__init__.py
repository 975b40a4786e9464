"""A house with sun, one charger and one meter, second by second, and who follows it."""
