"""Fits a line by gradient descent and writes the loss for TensorBoard."""

import argparse

import torch
from torch.utils.tensorboard import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--logdir", default="runs")
arguments = parser.parse_args()

device = "cuda" if torch.cuda.is_available() else "cpu"
print(f"training on {device}")

x = torch.linspace(-1, 1, 1000, device=device).unsqueeze(1)
y = 3 * x + 0.5 + 0.1 * torch.randn_like(x)
model = torch.nn.Linear(1, 1, device=device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

with SummaryWriter(arguments.logdir) as writer:
    for step in range(2000):
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        writer.add_scalar("loss", loss.item(), step)

print(f"weight {model.weight.item():.3f}, bias {model.bias.item():.3f}")
