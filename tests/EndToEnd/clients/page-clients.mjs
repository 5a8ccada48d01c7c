// Tabs on the pages of two workers, with the official clients and with the page's own: node page-clients.mjs CHROMIUM URL URL.
import { check, inBrowser, people } from "./browser.mjs";

const [executablePath, first, second] = process.argv.slice(2);
const own = "Uses a small client of its own.";
const pairs = [
  ["signalr", "signalr&small", ["Uses @microsoft/signalr.", own]],
  ["signalr", "socket.io", ["Uses @microsoft/signalr.", "Uses socket.io-client."]],
  ["socket.io&small", "socket.io", [own, "Uses socket.io-client."]],
];

await inBrowser(executablePath, async open => {
  for (const [number, [one, other, clients]] of pairs.entries()) {
    const tabs = [
      await open(`${first}/?room=pair%20${number}&people=${one}`, { people: 1 }),
      await open(`${second}/?room=pair%20${number}&people=${other}`, { people: 1 }),
    ];
    const [ada, ben] = (await Promise.all(tabs.map(people))).flat();
    check((await ada.client()) === clients[0] && (await ben.client()) === clients[1], `${one} and ${other} use other clients`);
    check((await ada.worker()) !== (await ben.worker()), "both tabs are on one worker");
    for (const [from, to, text] of [[ada, ben, "<b>hello</b> from one"], [ben, ada, "hello from the other"]]) {
      await from.say(text);
      await to.hears(text);
      await from.hears(text);
    }
    await ada.sees("you");
    await ada.members.nth(1).waitFor();
    check((await ada.members.count()) === 2, "more than two are here");
    check((await ada.error.textContent()) === "" && (await ben.error.textContent()) === "", "there was an error");
    await tabs[1].close();
    await ada.hears("left");
    await tabs[0].close();
  }
});
