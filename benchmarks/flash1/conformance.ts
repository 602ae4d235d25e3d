// The benchmark's 34 conformance cases (scripts/conformance_check.py, MIT): short sequences that real engines got wrong.
// `reports` is the SHA-256 of the canonical report stream; `states` of the book after every message, one line each:
// best bid x lots, best ask x lots, "-" for an empty side. Both were computed with an engine of other authors that conforms
// as shipped, hroptatyr/clob v0.1.0, behind the benchmark's own adapter.
import { emptyWorkload, MessageType, type Workload } from './workload.ts';

export interface ConformanceCase {
  readonly name: string;
  readonly messages: readonly Message[];
  readonly reports: string;
  readonly states: string;
}

interface Message {
  readonly type: number;
  readonly orderId: number;
  readonly side: number;
  readonly quantity: number;
  readonly price: number;
  readonly ioc: boolean;
}

const BUY = 0;
const SELL = 1;

function place(orderId: number, side: number, quantity: number, price: number, ioc = false): Message {
  return { type: MessageType.NEW, orderId, side, quantity, price, ioc };
}

function modify(orderId: number, side: number, quantity: number, price: number): Message {
  return { type: MessageType.MODIFY, orderId, side, quantity, price, ioc: false };
}

function cancel(orderId: number): Message {
  return { type: MessageType.CANCEL, orderId, side: 0, quantity: 0, price: 0, ioc: false };
}

export function workloadOf(messages: readonly Message[]): Workload {
  const workload = emptyWorkload(messages.length);
  messages.forEach((message, i) => {
    workload.types[i] = message.type;
    workload.sides[i] = message.side;
    workload.iocs[i] = message.ioc ? 1 : 0;
    workload.quantities[i] = message.quantity;
    workload.orderIds[i] = message.orderId;
    workload.prices[i] = message.price;
  });
  return workload;
}

export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  {
    name: 'cancel_middle_then_sweep',
    messages: [place(1, BUY, 10, 100), place(2, BUY, 10, 100), place(3, BUY, 10, 100), cancel(2), place(4, SELL, 20, 100, true)],
    reports: 'befeec1db0e8014e71ad895efda304e6912c56f1a497664364c575787d43d0e6',
    states: 'a0af5cc170662163d1959cf37f0039b42cc4f6c4cab6d930976375865f3a99d7',
  },
  {
    name: 'cancel_head_then_sweep',
    messages: [place(1, BUY, 10, 100), place(2, BUY, 10, 100), place(3, BUY, 10, 100), cancel(1), place(4, SELL, 20, 100, true)],
    reports: 'dc385d8aaa244607c26bd11353b4ddc305b5d243cbb4b1ba5b3f2cdf9671d8e6',
    states: 'a0af5cc170662163d1959cf37f0039b42cc4f6c4cab6d930976375865f3a99d7',
  },
  {
    name: 'multi_level_ioc_sweep',
    messages: [place(1, SELL, 10, 102), place(2, SELL, 10, 101), place(3, SELL, 10, 100), place(4, BUY, 30, 102, true)],
    reports: 'df84e060a744cd9904e4e56420b585a930b986d784a318ee3a2c46747f3eca60',
    states: '661869cfd5773fd1a7e9e6ad2c0be28c58039a927e85e79425920b13dcbe0f1f',
  },
  {
    name: 'modify_into_cross',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 10, 99), modify(2, BUY, 10, 100)],
    reports: 'b3c1b1296a969c6cafc4c27127b439800b5009b13a950ebfa99c2b539edf9e13',
    states: 'ce306df811ef2019a46b66a51a20d2c45867a0c9954de01bc852364055370891',
  },
  {
    name: 'partial_fill_then_cancel',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 6, 100), cancel(1)],
    reports: '02e86f14dfe80fbaac0b58a286da65c18967844e2059ad915ef13bd86adf1dc6',
    states: 'b84f4c340810cf87fff32c0ffb103c1c27d321e0854c056d437fb244a1fcefb9',
  },
  {
    name: 'full_fill_then_stale_cancel',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 10, 100), cancel(1)],
    reports: 'a800d5d54777e50fe71624c81bf82e750a20db873b6d7e8fe5247c5fa82b0bba',
    states: '504dd8167e20c34f78d4ea7fcaef52d336a56d99a58505d5004cc17f7a5cfbc8',
  },
  {
    name: 'fifo_priority',
    messages: [place(1, BUY, 10, 100), place(2, BUY, 10, 100), place(3, SELL, 10, 100)],
    reports: '2215b9447a2bf28b6e6bb2af789a971e6402e8b8591cf8df5246c80e2ae131a8',
    states: '956155ff5a59379226fdc99e48c1e5390d33dd6c0670321aaac9432b2bceaeb6',
  },
  {
    name: 'deep_fifo_scattered_cancel',
    messages: [
      place(1, BUY, 10, 100),
      place(2, BUY, 10, 100),
      place(3, BUY, 10, 100),
      place(4, BUY, 10, 100),
      place(5, BUY, 10, 100),
      place(6, BUY, 10, 100),
      place(7, BUY, 10, 100),
      place(8, BUY, 10, 100),
      cancel(2),
      cancel(5),
      cancel(7),
      place(9, SELL, 50, 100, true),
    ],
    reports: 'aebabd03e45246fe0747fd744e23702b7d8b844238f71287f1ed8323aecd9c58',
    states: '854dba8811fb071db53a626c29440b34b0a413d347869e96b32b51f84dc9ba12',
  },
  {
    name: 'sweep_residual_becomes_bbo',
    messages: [
      place(1, SELL, 10, 100),
      place(2, SELL, 10, 101),
      place(3, SELL, 10, 102),
      place(4, BUY, 35, 102),
      place(5, SELL, 5, 102, true),
    ],
    reports: '2039d1daf50d70d41d385e64a43c0dc7847e1a4d0071f2f17d5c981c40610571',
    states: 'dc03caa6b92cdd2468254c49c835098b317920bd7923da0a8715222ec813e4fc',
  },
  {
    name: 'modify_partially_filled_residual',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 4, 100), modify(1, SELL, 6, 101), place(3, BUY, 6, 101, true)],
    reports: '38e555e4bfbad65132d4cd68a0c16242758d942042cd609246b0b0a242e36b09',
    states: '3236fa56f6da2f6f8da16af69145e5f5c30fb298d0958fe8edd29d5d853c869c',
  },
  {
    name: 'stale_modify_after_full_fill',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 10, 100), modify(1, SELL, 5, 101)],
    reports: '2f481bf5157a6403b1b512e04edd17463a63f17fe080cbbab2b5bc6a35019d40',
    states: '504dd8167e20c34f78d4ea7fcaef52d336a56d99a58505d5004cc17f7a5cfbc8',
  },
  {
    name: 'reuse_id_after_cancel',
    messages: [place(1, BUY, 10, 100), cancel(1), place(1, SELL, 10, 200), place(2, BUY, 10, 200, true)],
    reports: '28b54b07e353dd2ca2220c08c0bf8c946a8601ff66c9cbe8b55ea6099b0d7d9d',
    states: 'dd7c0556bc0abbb2ccc825fe789487b0d1e8c8966b719909f680ae698184135f',
  },
  {
    name: 'two_level_cancel_sell_priority',
    messages: [
      place(1, BUY, 10, 100),
      place(2, BUY, 10, 100),
      place(3, BUY, 10, 101),
      place(4, BUY, 10, 101),
      cancel(1),
      cancel(4),
      place(5, SELL, 20, 100, true),
    ],
    reports: '10e2fc074e81b024efcd31f4560139bf07d4a13fc2ac323a496005d71fa9abc5',
    states: 'f98a8dfa50b6b27a1d80788ac2304a2771841547595bb4a63a3c4cfc66dcf2dc',
  },
  {
    name: 'exact_multilevel_boundary',
    messages: [place(1, SELL, 10, 100), place(2, SELL, 20, 101), place(3, SELL, 30, 102), place(4, BUY, 60, 102, true)],
    reports: 'f19cc44fa5bdab91ddd17e4a2a5cebcb00bec8e75745f216a2ef53f8d68ba4e8',
    states: 'f4176a369e0a608a8133e5fa9dcdca5c1cf14a28bcba0c21e335c0438cfdc3b4',
  },
  {
    name: 'taker_price_both_directions',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 10, 105, true), place(3, BUY, 10, 200), place(4, SELL, 10, 195, true)],
    reports: '01ce6d414c0fa6604be9ef7635b9b28cbfb82b32fff06d45a7b3808b93e2072d',
    states: '1c45c6243da7e2c1c47b6aee2254310713fcd7ed6dcd910416740856aac0f222',
  },
  {
    name: 'same_level_full_double_consume',
    messages: [place(1, SELL, 30, 9), place(2, SELL, 40, 9), place(3, BUY, 100, 9), place(4, SELL, 30, 9, true)],
    reports: 'f89d89aab176ac8dc363e26c955c1da3fe9b96625a512d076da43aedac99eca5',
    states: 'c67e707725d942f7cf31d7aa5f80ed112e09c9b6ead4d7a2c60ab6358afcac9b',
  },
  {
    name: 'post_sweep_book_health',
    messages: [
      place(1, SELL, 10, 100),
      place(2, SELL, 10, 101),
      place(3, SELL, 10, 102),
      place(4, BUY, 30, 102, true),
      place(5, SELL, 8, 101),
      place(6, BUY, 8, 101, true),
      place(7, SELL, 8, 103),
      place(8, BUY, 8, 103, true),
    ],
    reports: '0c4605641739491bc5e45cc46c8b82a46d4929ba1283b4a03b3efb6c8fa7df51',
    states: '501471d85c834ff052f57b2a8355f9e9185928c9040e4cb6c364f98d23970170',
  },
  {
    name: 'price_priority_both_sides_reverse_arrival',
    messages: [
      place(1, SELL, 10, 105),
      place(2, SELL, 10, 100),
      place(3, BUY, 10, 105, true),
      place(4, BUY, 10, 90),
      place(5, BUY, 10, 95),
      place(6, BUY, 10, 92),
      place(7, SELL, 30, 90, true),
    ],
    reports: '8e7b6cdf94989d864e93bb3b0ecf9854fd7c26cc55035e7b356eae1b736a5fed',
    states: '0391259005d61df08ba20c280f07418466cdff68c59967d912f17d453c39af32',
  },
  {
    name: 'cancel_best_level_minimal_reprobe',
    messages: [place(1, BUY, 10, 100), place(2, BUY, 7, 99), cancel(1), place(3, SELL, 7, 99, true)],
    reports: '1d650d440eaecfdcf630c1265d9a9e49ce9e9c369f3d1b4c4622b13e3be946aa',
    states: '67f42bddbdec65b427fca52b260e853759767a666778fed299da753bc8564e8b',
  },
  {
    name: 'ioc_partial_fill_must_not_rest',
    messages: [place(1, SELL, 10, 100), place(2, BUY, 15, 100, true), place(3, SELL, 5, 100, true)],
    reports: '975db28184364a210974ccf6feb5d7f950466d4ad7717df119fd70e9fafc5100',
    states: '504dd8167e20c34f78d4ea7fcaef52d336a56d99a58505d5004cc17f7a5cfbc8',
  },
  {
    name: 'limit_order_stops_at_own_price',
    messages: [place(1, SELL, 5, 100), place(2, SELL, 10, 105), place(3, BUY, 12, 102), place(4, SELL, 7, 102, true)],
    reports: 'ea7aa273faf74258e17506b83788b4677341279cfd5b9de3fcac516ed659bdde',
    states: 'd0dc17372af4205acf60243d75a4ec0f23746c1200b3e82e43eda73127563ef3',
  },
  {
    name: 'partial_fill_exact_residual_drain',
    messages: [place(1, SELL, 20, 100), place(2, BUY, 8, 100, true), place(3, BUY, 12, 100, true), place(4, BUY, 5, 100, true)],
    reports: '1c597fa55b506baf6558a846f0c65be33a28640a18df8bf782bfc93e3487f66f',
    states: '8cc092bb1cdfda55309befc2ef9dd92a262e491485f77cc28f52f4a24b04b77a',
  },
  {
    name: 'fifo_same_price_multi_aggressor',
    messages: [
      place(1, BUY, 10, 100),
      place(2, BUY, 10, 100),
      place(3, BUY, 10, 100),
      place(4, BUY, 10, 100),
      place(5, SELL, 15, 100, true),
      place(6, SELL, 15, 100, true),
    ],
    reports: '388ddaee3a5bd06d549ca97629a93a01f7b1ed86b6ff3ffcdde288cbdd24cb39',
    states: '0a5add219a3fa2cad734ee95f2c5203f4d9de0dc1aca487a90b4e5c358fdbf0e',
  },
  {
    name: 'reuse_id_after_full_fill',
    messages: [place(1, BUY, 10, 100), place(2, SELL, 10, 100), place(1, SELL, 10, 200), place(3, BUY, 10, 200, true)],
    reports: '9bf3952dc11333d85b595fd383cc1da3fe611a8ade6c954951b72a007974f884',
    states: 'dd7c0556bc0abbb2ccc825fe789487b0d1e8c8966b719909f680ae698184135f',
  },
  {
    name: 'cancel_never_issued_id',
    messages: [cancel(999), modify(999, BUY, 5, 100)],
    reports: 'da564be075efbea3a73a6fa9bb03061b18d5d71c903f40f4454a030496a88742',
    states: 'a3e5ee0af7bc609b5e1bebce679a78b20787bfcc4439b33d83eade418cce911c',
  },
  {
    name: 'stale_ops_after_cancel',
    messages: [place(1, BUY, 10, 100), cancel(1), cancel(1), modify(1, BUY, 5, 101)],
    reports: 'a9842c4f21ec62754230fefbc24c6839d4a661896749bfba1ec47cc21b8df7c4',
    states: '343c8b306b2d9fd9600a13e42b64187e9eb95647b8d44c371038aab1c55a7557',
  },
  {
    name: 'wide_in_domain_price_ceiling',
    messages: [place(1, SELL, 10, 200000), place(2, BUY, 10, 200000, true)],
    reports: '1880ebebc50c841be5e9d1dd90ba243b26b463a526d5c4cc9d0999181fdfddf0',
    states: 'afaaef7bb3e685626678b77db87ea68d77a614bb0c59edb0921ee83b2130e254',
  },
  {
    name: 'large_order_id_ceiling',
    messages: [cancel(2000000)],
    reports: 'bddc3d84a7e446f942b5cb87e373adca9e5791e50fccca656f02ff08e8396ac4',
    states: '3851206adf4a7caf46b14b9546148fd820a2ec01f1b1bb0dfc107cd5907d5059',
  },
  {
    name: 'deep_recursive_sweep_5000',
    messages: [...Array.from({ length: 5000 }, (_, i) => place(i + 1, SELL, 1, 100)), place(5001, BUY, 5000, 100, true)],
    reports: '8c1ce06a623efd347e9bfd1321c9032e6910cd222058fffe2e48b977c773430f',
    states: '0743b4a07959de42daa9faea888d59d1b5df3fd16ce65ce7fbfd7a89712d6649',
  },
  {
    name: 'phantom_trade_exact_exhaust',
    messages: [place(1, SELL, 5, 100), place(2, SELL, 5, 100), place(3, BUY, 5, 100, true)],
    reports: 'b147324f203a3cb254b1d6b56849bce2365324db1536db20f122f60c5ce8dcbb',
    states: '2fba9495c58b75d075467d54b60e5abcf016b6ac864e8bddc049c6e96335fcc8',
  },
  {
    name: 'cancel_best_ask_minimal_reprobe',
    messages: [place(1, SELL, 10, 100), place(2, SELL, 7, 101), cancel(1), place(3, BUY, 7, 101, true)],
    reports: 'e45178911a3462b22bc18ea57ed7e592a784c7c8b8bc2a8f15ec47befcb5ad53',
    states: '22395f325bf66705fe4d8ccb9c62a8774eb0f6a6ada6842fc9979dd5f554a076',
  },
  {
    name: 'cancel_empties_entire_side_then_refill',
    messages: [place(1, BUY, 10, 100), cancel(1), place(2, BUY, 8, 95), place(3, SELL, 8, 95, true)],
    reports: 'e41bd25b76133df91a42ee9b1daf8302d75119bd93a51c82cb6352caf756c71e',
    states: '2ab22b313659ef958cf1bd554a2aaf459e5d59d5d174f716edaae2cff2e94b61',
  },
  {
    name: 'modify_shared_level_sibling_survives',
    messages: [place(1, BUY, 10, 100), place(2, BUY, 10, 100), modify(1, BUY, 10, 99), place(3, SELL, 10, 100, true)],
    reports: 'ef917d82e90f6a9ae8a4a47dea714e6c9a03a5f07d16b98450b807f9b101fd25',
    states: 'a49ce658cd32f36040a9d85eb33d1cb25e510c24062e226300e113dc24fa7728',
  },
  {
    name: 'modify_into_cross_price_improvement',
    messages: [
      place(1, SELL, 10, 100),
      place(2, BUY, 10, 90),
      modify(2, BUY, 10, 105),
      place(3, BUY, 10, 200),
      place(4, SELL, 10, 210),
      modify(4, SELL, 10, 195),
    ],
    reports: '7f337d5c243273e071affd9431431aaa602383db656b1c21d0f5e9cc1881afeb',
    states: 'afc2f850f0ee94a10ddeda54e46e1f4e50a9682a9e5fa2cbc06ae889d5b41e9a',
  },
];
