// Sends signed Binance orders over a few kept-alive connections, each with several requests on the way. A process of its own,
// so that the server's CPU time is the server's alone.
import { connect, type Socket } from 'node:net';
import { signHmac } from '../../src/http/auth/signature.ts';

const [, , port = '', secret = '', apiKey = '', requests = '0'] = process.argv;
const CONNECTIONS = 8;
const PIPELINED = 8;

let made = 0;
/** As ccxt sends it: a form with the signature last. */
function request(): string {
  const payload =
    `timestamp=${Date.now()}&recvWindow=60000&symbol=BTCUSDT&type=LIMIT&side=BUY&newClientOrderId=x-TKT5PX2F${made++}` +
    '&newOrderRespType=FULL&quantity=1.00000&price=50000.01&timeInForce=GTC';
  const body = `${payload}&signature=${signHmac(secret, payload)}`;
  return (
    `POST /api/v3/order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `Content-Length: ${body.length}\r\nX-MBX-APIKEY: ${apiKey}\r\n\r\n${body}`
  );
}

let answered = 0;
let failed = 0;
const total = Number(requests);

function run(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    for (let at = text.indexOf('HTTP/1.1 '); at >= 0; at = text.indexOf('HTTP/1.1 ', at + 9)) {
      if (text.slice(at + 9, at + 12) !== '200') failed++;
      if (++answered === total) {
        process.send?.({ answered, failed });
        process.exit(0);
      }
      if (made < total) socket.write(request());
    }
  });
  let first = '';
  for (let i = 0; i < PIPELINED && made < total; i++) first += request();
  socket.write(first);
}

for (let i = 0; i < CONNECTIONS; i++) run(connect(Number(port), '127.0.0.1'));
