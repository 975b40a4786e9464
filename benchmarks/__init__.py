"""Quality, cost and behaviour of the balancer, as ratios to references measured in the same run."""
