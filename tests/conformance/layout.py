"""Which bytes of a sound message mean nothing: padding and reserved fields, and what follows the end of a text in a
field of fixed size. Written from the structures of the specifications, for the comparison of two encodings only: a
message that it cannot follow has no such bytes."""
import struct

# Fields are written as their sizes; p4 is padding, s16 a text in 16 bytes, m a match.
STATS_REQUESTS = {
    1: {1: "m 1 p1 2", 2: "m 1 p1 2", 4: "2 p6", 5: "2 p2 4"},
    2: {1: "1 p3 4 4 p4 8 8 m", 2: "1 p3 4 4 p4 8 8 m", 4: "4 p4", 5: "4 4", 6: "4 p4", 7: "4 p4", 9: "4 p4", 10: "4 p4",
        13: "4 p4", 15: "4 4", 17: "1 p3 4 4 p4 8 8 m"},
}
ACTIONS_10 = {0: "2 2", 1: "2 p2", 2: "1 p3", 3: "p4", 4: "6 p6", 5: "6 p6", 6: "4", 7: "4", 8: "1 p3", 9: "2 p2",
              10: "2 p2", 11: "2 p6 4"}
ACTIONS_11 = {0: "4 2 p6", 1: "2 p2", 2: "1 p3", 3: "6 p6", 4: "6 p6", 5: "4", 6: "4", 7: "1 p3", 8: "1 p3", 9: "2 p2",
              10: "2 p2", 11: "p4", 12: "p4", 13: "4", 14: "1 p3", 15: "1 p3", 16: "p4", 17: "2 p2", 18: "p4",
              19: "2 p2", 20: "2 p2", 21: "4", 22: "4", 23: "1 p3", 24: "p4", 26: "2 p2", 27: "p4", 29: "4"}
PROPERTIES = {"port": {0: "p4 24", 1: "p4 32"}, "port_stats": {0: "p4 32", 1: "p4 36"}, "bucket": {0: "2 p2"},
              "table": {3: "3 p1"}, "queue": {1: "2 p2", 2: "2 p2"}, "bundle": {1: "p4 64"}}


class Unknown(Exception):
    """A message that this module cannot follow."""


class Layout:
    def __init__(self, data):
        self.data, self.end, self.version = data, len(data), data[0]
        self.padding, self.text_rest = set(), set()

    def u(self, offset, size):
        if offset + size > self.end:
            raise Unknown
        return int.from_bytes(self.data[offset:offset + size], "big")

    def pad(self, start, stop):
        if stop > self.end:
            raise Unknown
        self.padding.update(range(start, stop))

    def take(self, offset, fields):
        for name in fields.split():
            if name == "m":
                offset = self.match(offset)
            elif name[0] == "p":
                self.pad(offset, offset + int(name[1:]))
                offset += int(name[1:])
            elif name[0] == "s":
                size = int(name[1:])
                nul = self.data.find(b"\0", offset, offset + size)
                if nul >= 0:
                    self.text_rest.update(range(nul + 1, offset + size))
                offset += size
            else:
                offset += int(name)
        if offset > self.end:
            raise Unknown
        return offset

    def match(self, offset):
        if self.version == 1:
            return self.take(offset, "4 2 6 6 2 1 p1 2 1 1 p2 4 4 2 2")
        kind, length = self.u(offset, 2), self.u(offset + 2, 2)
        if self.version == 2 and kind == 0:
            return self.take(offset, "2 2 4 4 6 6 6 6 2 1 p1 2 1 1 4 4 4 4 2 2 4 1 p3 8 8")
        stop = offset + (length + 7) // 8 * 8
        self.pad(offset + length, stop)
        return stop

    def each(self, offset, end, size_at, least, inner, padded=False):
        """Structures one after another that carry their length; inner is given the start and the end of each."""
        while offset < end:
            length = self.u(offset + size_at, 2)
            if length < least or offset + length > end:
                raise Unknown
            inner(offset, offset + length)
            offset += length
            if padded:
                self.pad(offset, min((offset - length) + (length + 7) // 8 * 8, end))
                offset = (offset - length) + (length + 7) // 8 * 8

    def actions(self, start, end):
        table = ACTIONS_10 if self.version == 1 else ACTIONS_11

        def one(offset, stop):
            kind = self.u(offset, 2)
            if kind == 25 and self.version >= 3:
                self.pad(offset + 8 + self.data[offset + 7], stop)
            elif kind == 28 and self.version >= 6:
                self.pad(offset + 10, offset + 12)
                first = offset + 12
                second = first + (8 if self.u(first, 2) == 0xffff else 4)
                self.pad(second + (8 if self.u(second, 2) == 0xffff else 4), stop)
            elif kind in table:
                self.take(offset + 4, table[kind])
        self.each(start, end, 2, 8, one)

    def instructions(self, start, end):
        def one(offset, stop):
            kind = self.u(offset, 2)
            if kind == 1:
                self.pad(offset + 5, offset + 8)
            elif kind in (2, 3, 4, 5):
                self.pad(offset + 4, offset + 8)
                if kind > 2:
                    self.actions(offset + 8, stop)
            elif kind == 7:
                self.stats(offset + 8)
        self.each(start, end, 2, 4, one)

    def properties(self, start, end, kind=""):
        def one(offset, _stop):
            fields = PROPERTIES.get(kind, {}).get(self.u(offset, 2))
            if fields:
                self.take(offset + 4, fields)
        self.each(start, end, 2, 4, one, padded=True)

    def stats(self, offset):
        self.pad(offset, offset + 2)
        length = self.u(offset + 2, 2)
        stop = offset + (length + 7) // 8 * 8
        self.pad(offset + length, stop)
        return stop

    def buckets(self, start, end):
        def one(offset, stop):
            if self.version >= 6:
                middle = offset + 8 + self.u(offset + 2, 2)
                self.actions(offset + 8, middle)
                self.properties(middle, stop, "bucket")
            else:
                self.actions(self.take(offset, "2 2 4 4 p4"), stop)
        self.each(start, end, 0, 8, one)

    def bands(self, start, end):
        def one(offset, _stop):
            self.take(offset + 12, {1: "p4", 2: "1 p3"}.get(self.u(offset, 2), ""))
        self.each(start, end, 2, 12, one)

    def queues(self, start, end):
        def queue_property(offset, stop):
            if self.u(offset, 2) == 0xffff:
                self.take(offset + 4, "p4 4 p4")
            else:
                self.take(offset + 4, "p4 2 p6" if stop - offset == 16 else "p4")

        def one(offset, stop):
            self.each(self.take(offset, "4 2 p2" if self.version < 3 else "4 4 2 p6"), stop, 2, 8, queue_property)
        self.each(start, end, 4 if self.version < 3 else 8, 8, one)

    def port(self, offset):
        if self.version == 1:
            return self.take(offset, "2 6 s16 24")
        if self.version < 5:
            return self.take(offset, "4 p4 6 p2 s16 32")
        stop = offset + self.u(offset + 4, 2)
        self.properties(self.take(offset, "4 2 p2 6 p2 s16 4 4"), stop, "port")
        return stop

    def table_desc(self, offset, stop):
        self.properties(self.take(offset, "2 1 p1 4"), stop, "table")

    def table_features(self, start, end):
        def one(offset, stop):
            self.properties(self.take(offset, "2 1 p5 s32 8 8 4 4" if self.version < 6 else "2 1 1 4 s32 8 8 4 4"), stop)
        self.each(start, end, 0, 64, one)

    def rows(self, offset, fields):
        while offset < self.end:
            offset = self.take(offset, fields)

    # --- messages by number; those from 15 on moved when groups came

    def message(self):
        kind = self.data[1]
        if self.version == 1:
            if kind >= 15:
                kind = {15: 16, 16: 18, 17: 19, 18: 20, 19: 21, 20: 22, 21: 23}.get(kind, 99)
        method = getattr(self, "m%d" % kind, None)
        if method:
            method()

    def m0(self):
        self.each(8, self.end, 2, 4, lambda *_: None, padded=True)

    def m6(self):
        offset = self.take(8, "8 4 1 1 p2 4 p4" if self.version >= 4 else "8 4 1 p3 4 4" if self.version == 1 else
                           "8 4 1 p3 4 p4")
        while offset < self.end and self.version < 4:
            offset = self.port(offset)

    def m10(self):
        if self.version == 1:
            self.take(8, "4 2 2 1 p1")
        elif self.version > 2:
            self.take(8, "4 2 1 1 m p2" if self.version == 3 else "4 2 1 1 8 m p2")

    def m11(self):
        if self.version == 1:
            self.take(8, "m 8 2 1 p1 4 4 2 p2 8 8")
        elif self.version < 6:
            self.take(48, "m")
        else:
            self.stats(self.take(24, "m"))

    def m12(self):
        self.port(self.take(8, "1 p7"))

    def m13(self):
        if self.version == 1:
            start, length = 16, self.u(14, 2)
        elif self.version < 6:
            start, length = self.take(8, "4 4 2 p6"), self.u(16, 2)
        else:
            start, length = self.take(8, "4 2 p2 m"), self.u(12, 2)
        self.actions(start, start + length)

    def m14(self):
        if self.version == 1:
            self.actions(self.take(8, "m 24"), self.end)
        else:
            self.instructions(self.take(8, "8 8 1 1 2 2 2 4 4 4 2 %s m" % ("p2" if self.version < 5 else "2")), self.end)

    def m15(self):
        offset = self.take(8, "2 1 p1 4")
        if self.version < 6:
            self.buckets(offset, self.end)
        else:
            middle = offset + 8 + self.u(offset, 2)
            self.buckets(self.take(offset, "2 p2 4"), middle)
            self.properties(middle, self.end)

    def m16(self):
        if self.version < 5:
            self.take(8, "2 6 12 p4" if self.version == 1 else "4 p4 6 p2 12 p4")
        else:
            self.properties(self.take(8, "4 p4 6 p2 8"), self.end)

    def m17(self):
        self.properties(self.take(8, "1 p3 4"), self.end, "table")

    def m18(self):
        kind, offset = self.u(8, 2), 12
        if self.version > 1:
            offset = self.take(12, "p4")
        fields = STATS_REQUESTS[min(self.version, 2)].get(kind)
        if kind == 12:
            self.table_features(offset, self.end)
        elif kind == 16:
            self.rows(offset, "4 4 4 2 1 1 m")
        elif kind == 19:
            self.properties(self.take(offset, "4 p4"), self.end, "bundle")
        elif fields and (self.version > 5 or kind not in (7, 13)):
            self.take(offset, fields)

    def m19(self):
        kind, offset, v, end = self.u(8, 2), 12, self.version, self.end
        if v > 1:
            offset = self.take(12, "p4")
        if kind == 0:
            self.take(offset, "s256 s256 s256 s32 s256")
        elif kind == 1 and v == 1:
            self.each(offset, end, 0, 88, lambda o, e: self.actions(self.take(o, "2 1 p1 m 4 4 2 2 2 p6 24"), e))
        elif kind == 1 and v < 6:
            gap = "p6" if v < 4 else "2 p4" if v < 5 else "2 2 p2"
            self.each(offset, end, 0, 56, lambda o, e: self.instructions(
                self.take(o, "2 1 p1 4 4 2 2 2 %s 24 m" % gap), e))
        elif kind == 1:
            self.each(offset, end, 0, 40, lambda o, e: self.instructions(
                self.stats(self.take(o, "2 p2 1 p1 2 2 2 2 2 8 m")), e))
        elif kind == 2:
            self.take(offset, "8 8 4 p4") if v < 6 else self.stats(offset)
        elif kind == 3:
            self.rows(offset, {1: "1 p3 s32 28", 2: "1 p7 s32 48", 3: "1 p7 s32 88"}.get(v, "1 p3 20"))
        elif kind == 4 and v < 5:
            self.rows(offset, {1: "2 p6 96", 4: "4 p4 104"}.get(v, "4 p4 96"))
        elif kind == 4:
            self.each(offset, end, 0, 80, lambda o, e: self.properties(self.take(o, "2 p2 76"), e, "port_stats"))
        elif kind == 5 and v < 5:
            self.rows(offset, {1: "2 p2 28", 4: "40"}.get(v, "32"))
        elif kind == 5:
            self.each(offset, end, 0, 48, lambda o, e: self.properties(self.take(o, "2 p6 40"), e))
        elif kind == 6:
            self.each(offset, end, 0, 32, lambda o, e: self.take(o, "2 p2 4 4 p4 16"))
        elif kind == 7 and v < 6:
            self.each(offset, end, 0, 8, lambda o, e: self.buckets(self.take(o, "2 1 p1 4"), e))
        elif kind == 7:
            def group(o, e):
                start = self.take(o, "2 1 p1 4 2 p6")
                self.buckets(start, start + self.u(o + 8, 2))
                self.properties(start + self.u(o + 8, 2), e)
            self.each(offset, end, 0, 16, group)
        elif kind == 9:
            self.each(offset, end, 4, 40, lambda o, e: self.take(o, "4 2 p6"))
        elif kind == 10:
            self.each(offset, end, 0, 8, lambda o, e: self.bands(o + 8, e))
        elif kind == 11:
            self.take(offset, "12 1 1 p2" + (" 4 p4" if v > 5 else ""))
        elif kind == 12:
            self.table_features(offset, end)
        elif kind == 13:
            while offset < end:
                offset = self.port(offset)
        elif kind == 14:
            self.each(offset, end, 0, 8, self.table_desc)
        elif kind == 15:
            self.each(offset, end, 8, 16, lambda o, e: self.properties(self.take(o, "4 4 2 p6"), e, "queue"))
        elif kind == 16:
            def update(o, e):
                event = self.u(o + 2, 2)
                if event < 4:
                    self.instructions(self.take(o, "2 2 1 1 2 2 2 p4 8 m"), e)
                elif event > 4:
                    self.take(o, "2 2 p4")
            self.each(offset, end, 0, 8, update)
        elif kind == 17:
            self.each(offset, end, 0, 16, lambda o, e: self.stats(self.take(o, "2 p2 1 1 2 m")))
        elif kind == 18:
            self.each(offset, end, 0, 16, lambda o, e: self.properties(self.take(o, "2 2 4 1 1 p6"), e))
        elif kind == 19:
            self.properties(self.take(offset, "2 p6"), end, "bundle")

    def m22(self):
        self.take(8, "2 p2" if self.version == 1 else "4 p4")

    def m23(self):
        self.queues(self.take(8, "2 p6" if self.version == 1 else "4 p4"), self.end)

    def m24(self):
        self.take(8, "4 p4 8" if self.version < 6 else "4 2 p2 8")

    m25 = m24

    def m28(self):
        if self.version >= 5:
            self.properties(8, self.end)

    def m27(self):
        if self.version >= 5:
            self.properties(8, self.end)

    def m29(self):
        self.bands(16, self.end)

    def m30(self):
        self.properties(self.take(8, "4 1 p3 8"), self.end)

    def m31(self):
        start = self.take(8, "1 p7")
        self.table_desc(start, start + self.u(start, 2))

    def m34(self):
        start = self.take(8, "4 p2 2")
        inner = Layout(self.data[start:start + self.u(start + 2, 2)])
        inner.message()
        self.padding.update(start + o for o in inner.padding)
        self.text_rest.update(start + o for o in inner.text_rest)
        after = start + inner.end
        if after < self.end:
            self.pad(after, start + (inner.end + 7) // 8 * 8)
            self.properties(start + (inner.end + 7) // 8 * 8, self.end)

    def m35(self):
        self.each(8, self.end, 0, 16, lambda o, e: self.properties(self.take(o, "2 2 4 1 1 p6"), e))


def meaningless(data):
    """(offsets of padding and reserved fields, offsets behind the end of a text)"""
    layout = Layout(data)
    try:
        layout.message()
    except (Unknown, IndexError, struct.error):
        return set(), set()
    return layout.padding, layout.text_rest
