// What @napi-rs/keyring has, blocking and not; prints "step ... ok" or "step ... failed" for each step.
const { AsyncEntry, Entry, findCredentials, findCredentialsAsync } = require("@napi-rs/keyring");

const entry = new Entry("judge", "ada");
const later = new AsyncEntry("judge", "bob");
const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
const found = (credentials) => JSON.stringify(credentials.map((one) => [one.account, one.password]).sort());

const steps = {
  "get of nothing": () => entry.getPassword() === null,
  set: () => {
    entry.setPassword("first");
    return entry.getPassword() === "first";
  },
  "set what is there already": () => {
    entry.setPassword("zwölf €");
    return entry.getPassword() === "zwölf €";
  },
  "set and get, not blocking": async () => {
    await later.setPassword("other");
    return (await later.getPassword()) === "other";
  },
  find: () => found(findCredentials("judge")) === '[["ada","zwölf €"],["bob","other"]]',
  "find, not blocking": async () => found(await findCredentialsAsync("judge")) === '[["ada","zwölf €"],["bob","other"]]',
  "a value of bytes": () => {
    entry.setSecret(bytes);
    return Buffer.from(entry.getSecret()).equals(Buffer.from(bytes));
  },
  delete: () => entry.deletePassword() && entry.getPassword() === null,
  "delete of nothing": () => entry.deletePassword() === false,
  "delete, not blocking": async () => (await later.deletePassword()) && (await later.getPassword()) == null,
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    let outcome = false;
    try {
      outcome = await step();
    } catch (error) {
      console.error(error);
    }
    console.log(`${name} ... ${outcome ? "ok" : "failed"}`);
  }
})();
