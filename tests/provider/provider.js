// A provider that believes everybody: whoever types a name is that person. For tests, on loopback only.
// Arguments: port, where it sends people back, the client's secret, the algorithm of its signatures.
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const [port, back, secret, algorithm] = process.argv.slice(2);
const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: algorithm, use: "sig", kid: "test" };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "proviso",
      client_secret: secret,
      redirect_uris: [back],
      id_token_signed_response_alg: algorithm,
    },
  ],
  claims: { profile: ["preferred_username"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["a key of a test"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id }),
  }),
  jwks: { keys: [key] },
  pkce: { required: () => true },
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
