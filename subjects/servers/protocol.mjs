// What the programs of the servers share: the lines between the suite and them.
import {readFileSync} from 'node:fs'
import {createInterface} from 'node:readline'

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../javascript/node_modules/${name}/package.json`, import.meta.url), 'utf8')).version

/** What the suite asks for; undefined if it leaves that to the server. */
export const keepAlive = process.env.SSE_KEEP_ALIVE_MS && Number(process.env.SSE_KEEP_ALIVE_MS)

/** Announces the server of an npm package, and carries out each line until there are no more. */
export async function serve({name, port, options, publish, close}) {
  say({url: `http://127.0.0.1:${port}/events`, name, version: versionOf(name), options})
  for await (const line of createInterface({input: process.stdin})) {
    const command = JSON.parse(line)
    try {
      if (command.publish) await publish(command.publish)
      else await close()
      say({ok: true})
    } catch (error) {
      say({error: String(error)})
    }
  }
  process.exit(0)
}

/** Waits for an error that comes at once, but not for clients that do not read. */
export const atOnce = (writes) =>
  Promise.race([Promise.all(writes), new Promise((resolve) => setImmediate(resolve))])
