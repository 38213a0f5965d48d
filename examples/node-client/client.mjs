// Keeps what comes on standard input in the wallet, finds it again, reads it and prints it.
import { connect } from "node:net";
import { key, open, seal } from "./seal.mjs";

// Of the default profile alone: for another one, and without XDG_RUNTIME_DIR, ETUI_SOCKET has to name the socket.
const wallet = connect(process.env.ETUI_SOCKET ?? `${process.env.XDG_RUNTIME_DIR}/etui/router`).setEncoding("utf8");

// One request at a time, so that the next line is its answer.
async function call(method, params = {}) {
  wallet.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) + "\n");
  let line = "";
  for await (const text of wallet.iterator({ destroyOnReturn: false })) if ((line += text).endsWith("\n")) break;
  const { result, error } = JSON.parse(line);
  if (error) throw new Error(`${method}: ${error.message} (${error.data.code})`);
  return result;
}

if ((await call("wallet/1.hello", { versions: [1], key })).locked) await call("wallet/1.unlock");
const provider = await call("wallet/1.ends", { interface: "secret/1" });
const value = seal(Buffer.concat(await process.stdin.toArray()), provider.key, "secret/1.create.value");
const attributes = { service: "node-client" };
await call("secret/1.create", { kind: "password", label: "From Node.js", attributes, value, replace: true });
const { items } = await call("secret/1.find", { attributes });
const read = await call("secret/1.read", { item: items[0].item });
process.stdout.write(open(read.value, "secret/1.read.value"));
wallet.end();
