"""Put one revision in over tables of several sizes, again and again, and say what each run took."""
