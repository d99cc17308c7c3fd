import Testing

import Schemas

@Suite("A quantity is read as upstream reads it (resource/quantity_test.go)")
struct QuantityTests {
    @Test(arguments: [
        ("0", "0"), ("0n", "0"), ("0Ki", "0"), ("0k", "0"), ("0e-3", "0"), ("00", "0"), ("1Ki", "1Ki"), ("8Ki", "8Ki"), ("7Mi", "7Mi"), ("6Gi", "6Gi"), ("5Ti", "5Ti"),
        ("4Pi", "4Pi"), ("3Ei", "3Ei"), ("10Ti", "10Ti"), ("100Ti", "100Ti"), ("5n", "5n"), ("4u", "4u"), ("3m", "3m"), ("9", "9"), ("8k", "8k"), ("50k", "50k"), ("7M", "7M"),
        ("6G", "6G"), ("5T", "5T"), ("40T", "40T"), ("300T", "300T"), ("2P", "2P"), ("1E", "1E"), ("1E-3", "1e-3"), ("1e3", "1e3"), ("1E6", "1e6"), ("1e14", "100e12"),
        ("12.3m", "12300u"), ("1.1", "1100m"), ("0.001", "1m"), ("0.0001k", "100m"), ("1.5Gi", "1536Mi"), ("0.0000000001", "1n"), ("0.5i", nil), ("1.2Ki", "1228800m"),
        ("1024", "1024"), ("1048576", "1048576"), ("1025Ki", "1025Ki"), ("9223372036854775808", "9223372036854775808"), ("16Ei", "9223372036854775807"),
        ("1.0000000001", "1000000001n"), ("+1", "1"), ("-1", "-1"), ("-0.5", "-500m"), (".5", "500m"), ("1.", "1"), ("", nil), ("1i", nil), ("-3.01i", nil), ("-3.01e-", nil),
        ("aoeu", nil), ("1.1.M", nil), ("1+1.0M", nil), ("0.1mi", nil), ("0.1am", nil), (".5i", nil), ("1K", nil), ("1GB", nil), ("1_0", nil), ("1 Gi", nil), (" 1Gi ", "1Gi"),
    ])
    func canonical(text: String, expected: String?) {
        #expect(Quantity(text)?.description == expected)
    }

    @Test(arguments: [("1", "1000m"), ("1Ki", "1024"), ("1e3", "1k"), ("0.5", "500m"), ("-0", "0"), ("1Gi", "1073741824")])
    func equals(left: String, right: String) throws {
        #expect(try #require(Quantity(left)) == #require(Quantity(right)))
    }

    @Test(arguments: [
        ("999m", "1"), ("1G", "1Gi"), ("-2", "-1"), ("-1", "0"), ("99999999999999999999", "1e20"), ("0.1", "100000001n"), ("1023Mi", "1Gi"), ("1n", "1u"),
        ("9223372036854775806", "9223372036854775807"),
    ])
    func isLess(left: String, right: String) throws {
        #expect(try #require(Quantity(left)) < #require(Quantity(right)))
    }

    @Test func tellsWholeNegativeAndNothing() throws {
        #expect(try #require(Quantity("1500m")).isInteger == false)
        #expect(try #require(Quantity("2000m")).isInteger)
        #expect(try #require(Quantity("1500m")).value == 2)
        #expect(try #require(Quantity("0.0015")).milliValue == 2)
        #expect(try #require(Quantity("-1m")).isNegative)
        #expect(try #require(Quantity("-0")).isNegative == false)
        #expect(try #require(Quantity("1e400")).value == .max)
    }
}
