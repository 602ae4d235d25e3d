// What idle accounts have alike is one object: nobody may write to it.
import { expect, test } from 'vitest';
import { Journal } from '../../src/history/lmdb/journal.ts';
import { Table } from '../../src/history/lmdb/layout.ts';
import { RowList } from '../../src/history/lmdb/rowList.ts';

test('row lists that are empty stay so when another gets, spills or takes back a row', () => {
  const journal = new Journal(1024);
  const row = (): number => {
    journal.begin(Table.ORDER, 1, 1, 64);
    return journal.end();
  };
  const list = new RowList(Table.ORDER, 1, 0);
  const idle = new RowList(Table.ORDER, 2, 0);
  const refs = [row(), row()] as const;
  list.push(journal, refs[0]);
  list.startSpill([refs[0]], []);
  list.push(journal, refs[1]);
  list.unspill();
  expect(list.inOrder()).toEqual(refs);
  list.startSpill([...refs], []);
  list.spilled();
  expect(list.isEmpty && idle.isEmpty).toBe(true);
  expect(new RowList(Table.ORDER, 3, 0).inOrder()).toEqual([]);
});
