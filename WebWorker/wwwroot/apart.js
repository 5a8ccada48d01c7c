// Opens a connection to a worker where none of this page's people is yet. A primary gives each connection to the worker with the fewest, so those that went
// to a worker that is taken stay open until another one is found.

const most = 8;

/** Returns the client and the name of the worker that it has reached. */
export async function openApart(make, taken) {
  const spare = [];
  try {
    for (let tries = 1; ; tries++) {
      const client = make();
      spare.push(client);
      await client.start();
      const { server } = await client.call("whoami");
      const { workers } = await client.call("workers");
      if (tries === most || !taken.includes(server) || workers.every(worker => taken.includes(worker.name))) {
        spare.pop();
        return [client, server];
      }
    }
  } finally {
    spare.forEach(client => client.stop());
  }
}
