package main

import "C"
import (
	_ "tailscale.com/feature/acme"
	"tailscale.com/tsnet"
)

var s tsnet.Server

func main() {}
