// exchange-core's OrderBookDirectImpl behind the benchmark's contract, with the same protocol as worker.ts: a line of JSON in
// (file, most, budgetMs, hash), a line out. Reports are appended to an array of longs inside the measured time, as there.
// Its book has IOC of its own; a modify is cancel and add, as the benchmark has it.
import com.sun.management.OperatingSystemMXBean;
import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.CoreSymbolSpecification;
import exchange.core2.core.common.MatcherEventType;
import exchange.core2.core.common.MatcherTradeEvent;
import exchange.core2.core.common.OrderAction;
import exchange.core2.core.common.OrderType;
import exchange.core2.core.common.SymbolType;
import exchange.core2.core.common.cmd.CommandResultCode;
import exchange.core2.core.common.cmd.OrderCommand;
import exchange.core2.core.common.cmd.OrderCommandType;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.IOrderBook;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import exchange.core2.core.orderbook.OrderBookEventsHelper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class ExchangeCoreDriver {
    private static final int NEW = 0;
    private static final int CANCEL = 1;
    private static final int ORDER_ACK = 0;
    private static final int TRADE = 1;
    private static final int CANCEL_ACK = 2;
    private static final int MODIFY_ACK = 3;
    private static final int CANCEL_REJECT = 4;
    private static final int MODIFY_REJECT = 5;
    /** Values after type and sequence number, by report type. */
    private static final int[] VALUES = {4, 4, 3, 4, 1, 1};
    private static final int FIELDS = 6;
    private static final int CHUNK = 512;
    private static final long USER = 1;

    private static final CoreSymbolSpecification SYMBOL = CoreSymbolSpecification.builder()
            .symbolId(1).type(SymbolType.CURRENCY_EXCHANGE_PAIR).baseCurrency(1).quoteCurrency(2)
            .baseScaleK(1).quoteScaleK(1).takerFee(0).makerFee(0).build();

    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private byte[] types;
    private byte[] sides;
    private byte[] iocs;
    private int[] quantities;
    private long[] orderIds;
    private long[] prices;

    private long[] reports;
    private int reportCount;
    private IOrderBook book;
    private final OrderCommand command = new OrderCommand();
    private long lastPrice;
    private int lastSide;

    public static void main(String[] args) throws Exception {
        ExchangeCoreDriver driver = new ExchangeCoreDriver();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String file = "";
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String wanted = field(line, "\"file\":\"([^\"]*)\"");
            if (!wanted.equals(file)) {
                driver.read(Path.of(wanted));
                file = wanted;
            }
            int most = Integer.parseInt(field(line, "\"most\":(\\d+)"));
            long budgetMs = Long.parseLong(field(line, "\"budgetMs\":(\\d+)"));
            int hash = Integer.parseInt(field(line, "\"hash\":(\\d+)"));
            long start = System.nanoTime();
            long cpuStart = PROCESS.getProcessCpuTime();
            int messages = driver.run(most, cpuStart + budgetMs * 1_000_000L);
            double seconds = (System.nanoTime() - start) / 1e9;
            double cpuSeconds = (PROCESS.getProcessCpuTime() - cpuStart) / 1e9;
            String sha256 = hash == 0 ? "" : driver.sha256(Math.min(hash, messages));
            System.out.println("{\"messages\":" + messages + ",\"seconds\":" + seconds + ",\"cpuSeconds\":" + cpuSeconds + ",\"sha256\":\"" + sha256 + "\"}");
        }
    }

    private static String field(String json, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        if (!matcher.find()) throw new IllegalArgumentException(json);
        return matcher.group(1);
    }

    /** The format of benchmarks/flash1/workload.ts, which checks it. */
    private void read(Path path) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        int count = file.getInt(12);
        types = new byte[count];
        sides = new byte[count];
        iocs = new byte[count];
        quantities = new int[count];
        orderIds = new long[count];
        prices = new long[count];
        for (int i = 0; i < count; i++) {
            int at = 16 + i * 40;
            types[i] = file.get(at);
            sides[i] = file.get(at + 1);
            iocs[i] = file.get(at + 2);
            quantities[i] = file.getInt(at + 4);
            orderIds[i] = file.getLong(at + 16);
            prices[i] = file.getLong(at + 24);
        }
        reports = new long[(int) (count * 1.5) * FIELDS];
    }

    private int run(int most, long cpuEnd) {
        reportCount = 0;
        book = new OrderBookDirectImpl(SYMBOL, ObjectsPool.createDefaultTestPool(),
                OrderBookEventsHelper.NON_POOLED_EVENTS_HELPER, LoggingConfiguration.DEFAULT);
        int count = Math.min(most, types.length);
        int done = 0;
        do {
            int next = Math.min(done + CHUNK, count);
            for (int i = done; i < next; i++) message(i);
            done = next;
        } while (done < count && PROCESS.getProcessCpuTime() < cpuEnd);
        return done;
    }

    private void message(int i) {
        long orderId = orderIds[i];
        long price = prices[i];
        int quantity = quantities[i];
        if (types[i] == NEW) {
            int side = sides[i];
            report(ORDER_ACK, i, side, orderId, price, quantity);
            long left = enter(i, orderId, side, price, quantity, iocs[i] == 1);
            if (iocs[i] == 1 && left > 0) report(CANCEL_ACK, i, side, orderId, price, 0);
        } else if (types[i] == CANCEL) {
            if (takeOut(orderId)) report(CANCEL_ACK, i, lastSide, orderId, lastPrice, 0);
            else report(CANCEL_REJECT, i, orderId, 0, 0, 0);
        } else if (takeOut(orderId)) {
            int side = lastSide;
            report(MODIFY_ACK, i, side, orderId, price, quantity);
            enter(i, orderId, side, price, quantity, false);
        } else {
            report(MODIFY_REJECT, i, orderId, 0, 0, 0);
        }
    }

    /** What is left of it after its trades. */
    private long enter(int sequence, long orderId, int side, long price, long quantity, boolean ioc) {
        command.command = OrderCommandType.PLACE_ORDER;
        command.orderId = orderId;
        command.uid = USER;
        command.price = price;
        command.reserveBidPrice = price;
        command.size = quantity;
        command.action = side == 0 ? OrderAction.BID : OrderAction.ASK;
        command.orderType = ioc ? OrderType.IOC : OrderType.GTC;
        command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
        command.matcherEvent = null;
        book.newOrder(command);
        long left = quantity;
        for (MatcherTradeEvent event = command.matcherEvent; event != null; event = event.nextEvent) {
            if (event.eventType != MatcherEventType.TRADE) continue;
            report(TRADE, sequence, event.price, event.size, event.matchedOrderId, orderId);
            left -= event.size;
        }
        return left;
    }

    /** Sets lastSide and lastPrice; false when there is no such order. */
    private boolean takeOut(long orderId) {
        command.command = OrderCommandType.CANCEL_ORDER;
        command.orderId = orderId;
        command.uid = USER;
        command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
        command.matcherEvent = null;
        if (book.cancelOrder(command) != CommandResultCode.SUCCESS) return false;
        lastSide = command.action == OrderAction.BID ? 0 : 1;
        lastPrice = command.matcherEvent.price;
        return true;
    }

    private void report(int type, long sequence, long a, long b, long c, long d) {
        int at = reportCount * FIELDS;
        if (at == reports.length) reports = Arrays.copyOf(reports, reports.length * 2);
        reports[at] = type;
        reports[at + 1] = sequence;
        reports[at + 2] = a;
        reports[at + 3] = b;
        reports[at + 4] = c;
        reports[at + 5] = d;
        reportCount++;
    }

    /** Of the canonical form: lines sorted by sequence number and type, trades of one message as they came. */
    private String sha256(int end) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        StringBuilder text = new StringBuilder();
        int from = 0;
        while (from < reportCount && reports[from * FIELDS + 1] < end) {
            int to = from + 1;
            while (to < reportCount && reports[to * FIELDS + 1] == reports[from * FIELDS + 1]) to++;
            for (int type = 0; type < VALUES.length; type++) {
                for (int report = from; report < to; report++) {
                    if (reports[report * FIELDS] == type) line(text, report);
                }
            }
            from = to;
            if (text.length() > 1 << 16) {
                digest.update(text.toString().getBytes(StandardCharsets.UTF_8));
                text.setLength(0);
                // The line feed before the next line is written with it.
                started = true;
            }
        }
        digest.update(text.toString().getBytes(StandardCharsets.UTF_8));
        started = false;
        StringBuilder hex = new StringBuilder();
        for (byte b : digest.digest()) hex.append(String.format("%02x", b));
        return hex.toString();
    }

    /** Whether lines were hashed before those in the text. */
    private boolean started;

    private void line(StringBuilder text, int report) {
        if (started || text.length() > 0) text.append('\n');
        int at = report * FIELDS;
        int type = (int) reports[at];
        text.append(type).append(',').append(reports[at + 1]);
        for (int i = 0; i < VALUES[type]; i++) text.append(',').append(reports[at + 2 + i]);
    }
}
