"""Counts by version and source, the first failures with their bytes, and the last line."""
import collections

SHOWN = 20
HEX = 400                                                        # of one message in a report


class Report:
    def __init__(self, part, verbose=False):
        self.part, self.verbose = part, verbose
        self.table = collections.defaultdict(collections.Counter)
        self.classes = collections.Counter()
        self.failures = []
        self.failure_classes = collections.Counter()
        self.remarks = []

    def passed(self, version, source):
        self.table[version, source]["passed"] += 1

    def by_class(self, version, source, name):
        """Neither passed nor failed as such: explained by a class that is counted."""
        self.table[version, source]["by class"] += 1
        self.classes[name] += 1

    def failed(self, version, source, group, name, why, data=b""):
        self.table[version, source]["failed"] += 1
        self.failure_classes[group] += 1
        self.failures.append((group, name, why, data))

    def remark(self, text):
        self.remarks.append(text)

    def count(self, column):
        return sum(row[column] for row in self.table.values())

    def _shown(self):
        """The first of every group before the second of any."""
        turns, seen = [], collections.Counter()
        for failure in self.failures:
            turns.append((seen[failure[0]], len(turns), failure))
            seen[failure[0]] += 1
        turns.sort(key=lambda turn: turn[:2])
        return [failure for _, _, failure in (turns if self.verbose else turns[:SHOWN])]

    def finish(self):
        """Prints everything; whether the part passed."""
        columns = ("passed", "failed", "by class")
        print("%-6s %-22s %8s %8s %8s" % ("", "source", *columns))
        for (version, source), row in sorted(self.table.items()):
            print("%-6s %-22s %8d %8d %8d" % (version, source, *(row[column] for column in columns)))
        if self.classes:
            print("\nby class:")
            for name, count in sorted(self.classes.items(), key=lambda item: (-item[1], item[0])):
                print("%6d  %s" % (count, name))
        for text in self.remarks:
            print("\n" + text)
        if self.failures:
            print("\nfailures by reason:")
            for name, count in self.failure_classes.most_common(None if self.verbose else 60):
                print("%6d  %s" % (count, name))
            print("\n%d of %d failures:" % (len(self._shown()), len(self.failures)))
            for group, name, why, data in self._shown():
                print("- %s  [%s]\n    %s" % (name, group, why))
                if data:
                    text = data.hex()
                    print("    %s%s" % (text[:HEX], "... (%d bytes)" % len(data) if len(text) > HEX else ""))
        print("\nconformance %s: %d passed, %d failed, %d by class" %
              (self.part, self.count("passed"), self.count("failed"), self.count("by class")))
        return not self.failures
