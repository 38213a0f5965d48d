// keytar's whole API; prints "step ... ok" or "step ... failed" for each step.
const keytar = require("@github/keytar");

const byAccount = (one, other) => (one.account < other.account ? -1 : 1);
const credentials = async () => JSON.stringify((await keytar.findCredentials("judge")).sort(byAccount));

const steps = {
  "get of nothing": async () => (await keytar.getPassword("judge", "ada")) === null,
  "find of nothing": async () => (await keytar.findPassword("judge")) === null && (await credentials()) === "[]",
  set: async () => {
    await keytar.setPassword("judge", "ada", "first");
    return (await keytar.getPassword("judge", "ada")) === "first";
  },
  "set what is there already": async () => {
    await keytar.setPassword("judge", "ada", "zwölf €");
    return (await keytar.getPassword("judge", "ada")) === "zwölf €";
  },
  find: async () => (await keytar.findPassword("judge")) === "zwölf €",
  "find all": async () => {
    await keytar.setPassword("judge", "bob", "other");
    await keytar.setPassword("another", "ada", "elsewhere");
    return (
      (await credentials()) ===
      JSON.stringify([
        { account: "ada", password: "zwölf €" },
        { account: "bob", password: "other" },
      ])
    );
  },
  "thirty at once": async () => {
    const accounts = Array.from({ length: 30 }, (_, number) => `many-${number}`);
    await Promise.all(accounts.map((account) => keytar.setPassword("many", account, `of ${account}`)));
    const values = await Promise.all(accounts.map((account) => keytar.getPassword("many", account)));
    return values.every((value, number) => value === `of many-${number}`);
  },
  delete: async () => (await keytar.deletePassword("judge", "ada")) && (await keytar.getPassword("judge", "ada")) === null,
  "delete of nothing": async () => !(await keytar.deletePassword("judge", "ada")),
  "what was not deleted stays": async () => (await keytar.getPassword("judge", "bob")) === "other",
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    const outcome = await step().catch((error) => console.error(error));
    console.log(`${name} ... ${outcome ? "ok" : "failed"}`);
  }
})();
