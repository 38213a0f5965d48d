// Tells as JSON what the W3C's IDL of the Payment Request API declares, as webidl2 reads it.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "webidl2";

const file = fileURLToPath(import.meta.resolve("@webref/idl/payment-request.idl"));
const declared = parse(await readFile(file, "utf8"));
const required = (given) => given.filter(({ optional, variadic }) => !optional && !variadic).length;

const interfaces = declared
  .filter(({ type }) => type === "interface")
  .map(({ name, inheritance, members }) => ({
    name,
    parent: inheritance,
    constructor_length: members.filter(({ type }) => type === "constructor").map((one) => required(one.arguments))[0] ?? null,
    attributes: members
      .filter(({ type }) => type === "attribute")
      .map((one) => ({
        name: one.name,
        readonly: one.readonly,
        nullable: one.idlType.nullable,
        type: one.idlType.idlType,
      })),
    operations: members
      .filter(({ type }) => type === "operation")
      .map((one) => ({ name: one.name, length: required(one.arguments), promised: one.idlType.generic === "Promise" })),
  }));
const dictionaries = declared
  .filter(({ type }) => type === "dictionary")
  .map(({ name, inheritance, members }) => ({
    name,
    parent: inheritance,
    members: members.map((one) => ({ name: one.name, required: one.required })),
  }));
const enumerations = declared
  .filter(({ type }) => type === "enum")
  .map(({ name, values }) => ({ name, values: values.map(({ value }) => value) }));

console.log(JSON.stringify({ interfaces, dictionaries, enumerations }));
