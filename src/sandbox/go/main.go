package main

import (
	_ "github.com/letsencrypt/pebble/v2/ca"
	_ "github.com/letsencrypt/pebble/v2/db"
	_ "github.com/letsencrypt/pebble/v2/va"
	_ "github.com/letsencrypt/pebble/v2/wfe"
	_ "tailscale.com/tsnet"
	_ "tailscale.com/tstest/integration/testcontrol"
	_ "tailscale.com/derp/derpserver"
	_ "tailscale.com/net/stunserver"
	_ "tailscale.com/feature/acme"
	_ "tailscale.com/feature/identityfederation"
)

func main() {}
