// A certified OpenID provider on loopback: the package oidc-provider, with the accounts a test names.
//
// One argument, JSON: {port, client_id, client_secret, redirect_uri, accounts: {login: claims}}. Its own
// plain pages ask for a login (any password will do) and for consent. Says "ready" once it listens.

import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { port, client_id, client_secret, redirect_uri, accounts } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect_uri], response_types: ["code"] }],
  claims: { openid: ["sub", "groups", "department"], profile: ["name"], email: ["email", "email_verified"] },
  findAccount: (_, login) =>
    Object.hasOwn(accounts, login)
      ? { accountId: login, claims: () => ({ sub: login, ...accounts[login] }) }
      : undefined,
  jwks: { keys: [{ ...jwk, use: "sig", alg: "RS256", kid: "test" }] },
  cookies: { keys: ["a key of the tests"] },
  pkce: { required: () => true },
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
