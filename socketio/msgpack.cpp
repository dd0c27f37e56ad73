// The MessagePack format itself: MsgpackWriter and parse_msgpack.

#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "socketio/json_text.hpp"
#include "socketio/msgpack_parser.hpp"

namespace socketio {
namespace {

// JavaScript's time range; a Date beyond it is invalid and prints as null.
constexpr std::int64_t max_date_milliseconds = 8'640'000'000'000'000;

// Reads big-endian fields; every read checks what is left first.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    std::size_t left() const { return rest_.size(); }

    bool take(std::size_t count, std::string_view& out) {
        if (count > rest_.size()) {
            return false;
        }
        out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return true;
    }

    bool take_number(std::size_t count, std::uint64_t& out) {
        std::string_view bytes;
        if (!take(count, bytes)) {
            return false;
        }
        out = 0;
        for (char const byte : bytes) {
            out = out << 8U | static_cast<unsigned char>(byte);
        }
        return true;
    }

private:
    std::string_view rest_;
};

std::int64_t sign_extend(std::uint64_t value, std::size_t bytes) {
    unsigned const shift = static_cast<unsigned>(64 - 8 * bytes);
    return static_cast<std::int64_t>(value << shift) >> shift;
}

// Builds the tree value by value. Open containers are on a heap stack, so nesting costs no call
// stack, and each step consumes input or closes a container: the time is linear.
class MsgpackReader {
public:
    MsgpackReader(std::string_view bytes, std::size_t max_depth)
        : bytes_(bytes), max_depth_(max_depth) {}

    bool too_deep() const { return too_deep_; }
    std::optional<Json> read() {
        do {
            if (!read_next()) {
                return std::nullopt;
            }
            close_full_containers();
        } while (!open_.empty());
        return bytes_.left() == 0 ? std::optional(tree_.take()) : std::nullopt;
    }

private:
    struct Container {
        bool is_map = false;
        std::uint64_t left = 0;
    };

    bool read_next() {
        if (!open_.empty()) {
            --open_.back().left;
            if (open_.back().is_map && !read_key()) {
                return false;
            }
        }
        std::uint64_t prefix = 0;
        return bytes_.take_number(1, prefix) && read_value(static_cast<unsigned>(prefix));
    }

    void close_full_containers() {
        while (!open_.empty() && open_.back().left == 0) {
            open_.back().is_map ? tree_.end_object() : tree_.end_array();
            open_.pop_back();
        }
    }

    bool read_key() {
        std::uint64_t prefix = 0;
        if (!bytes_.take_number(1, prefix)) {
            return false;
        }
        std::uint64_t length = prefix & 0x1FU;
        bool const is_short = (prefix & 0xE0U) == 0xA0;
        if (!is_short && (prefix < 0xD9 || prefix > 0xDB ||
                          !bytes_.take_number(std::size_t{1} << (prefix - 0xD9), length))) {
            return false;
        }
        std::string_view text;
        if (!bytes_.take(length, text)) {
            return false;
        }
        tree_.key(to_valid_utf8(text));
        return true;
    }

    bool read_value(unsigned prefix) {
        if (prefix < 0x80) {
            return put(static_cast<std::int64_t>(prefix));
        }
        if (prefix < 0x90) {
            return open(true, prefix & 0x0FU);
        }
        if (prefix < 0xA0) {
            return open(false, prefix & 0x0FU);
        }
        if (prefix < 0xC0) {
            return read_text(prefix & 0x1FU);
        }
        if (prefix >= 0xE0) {
            return put(static_cast<std::int64_t>(prefix) - 0x100);
        }
        return read_prefixed(prefix);
    }

    // The formats 0xc0 to 0xdf. Sizes double from one format code to the next.
    bool read_prefixed(unsigned prefix) {
        switch (prefix) {
        case 0xC0:
            return put(nullptr);
        case 0xC1:
            return false;
        case 0xC2:
        case 0xC3:
            return put(prefix == 0xC3);
        case 0xCA:
        case 0xCB:
            return read_float(prefix == 0xCB);
        case 0xD4:
        case 0xD5:
        case 0xD6:
        case 0xD7:
        case 0xD8:
            return read_extension(std::uint64_t{1} << (prefix - 0xD4), true);
        default:
            break;
        }
        constexpr std::string_view first_of_family = "\xC4\xC7\xCC\xD0\xD9\xDC\xDE";
        std::size_t family = first_of_family.size() - 1;
        while (prefix < static_cast<unsigned char>(first_of_family[family])) {
            --family;
        }
        unsigned const step = prefix - static_cast<unsigned char>(first_of_family[family]);
        // Arrays and maps have no one-byte size.
        std::size_t const width = std::size_t{1} << (step + (family >= 5 ? 1U : 0U));
        std::uint64_t number = 0;
        return bytes_.take_number(width, number) && read_sized(family, number, width);
    }

    bool read_sized(std::size_t family, std::uint64_t number, std::size_t width) {
        switch (family) {
        case 0:
            return read_bytes(number);
        case 1:
            return read_extension(number, false);
        case 2:
            return put(number);
        case 3:
            return put(sign_extend(number, width));
        case 4:
            return read_text(number);
        default:
            return open(family == 6, number);
        }
    }

    bool read_float(bool is_double) {
        std::uint64_t bits = 0;
        if (!bytes_.take_number(is_double ? 8 : 4, bits)) {
            return false;
        }
        return put(is_double ? std::bit_cast<double>(bits)
                             : double{std::bit_cast<float>(static_cast<std::uint32_t>(bits))});
    }

    bool read_text(std::uint64_t length) {
        std::string_view text;
        return bytes_.take(length, text) && put(to_valid_utf8(text));
    }

    bool read_bytes(std::uint64_t length) {
        std::string_view bytes;
        return bytes_.take(length, bytes) && put(Binary{std::string(bytes)});
    }

    bool read_extension(std::uint64_t length, bool is_fixed) {
        std::uint64_t type_byte = 0;
        std::string_view bytes;
        if (!bytes_.take_number(1, type_byte) || !bytes_.take(length, bytes)) {
            return false;
        }
        if (type_byte == 0 && is_fixed && length == 1) {
            tree_.undefined();
            return true;
        }
        if (type_byte == 0 && is_fixed && length == 8) {
            return put(date(bytes));
        }
        Json binary(Binary{std::string(bytes)});
        if (type_byte == 0 && !is_fixed) {
            return put(std::move(binary));
        }
        return may_nest() && put(Json::array({sign_extend(type_byte, 1), std::move(binary)}));
    }

    static Json date(std::string_view bytes) {
        std::uint64_t bits = 0;
        ByteReader(bytes).take_number(8, bits);
        std::int64_t const time = sign_extend(bits, 8);
        if (time > max_date_milliseconds || time < -max_date_milliseconds) {
            return nullptr;
        }
        return iso_time(IsoTime(std::chrono::milliseconds(time)));
    }

    // The packet's own map is one more level than the text encoding has.
    bool may_nest() {
        too_deep_ = open_.size() > max_depth_;
        return !too_deep_;
    }

    bool open(bool is_map, std::uint64_t size) {
        if (size > bytes_.left() || !may_nest()) {  // each element takes a byte at least
            return false;
        }
        is_map ? tree_.begin_object(size) : tree_.begin_array(size);
        open_.push_back({is_map, size});
        return true;
    }

    bool put(Json value) {
        tree_.value(std::move(value));
        return true;
    }

    ByteReader bytes_;
    std::size_t max_depth_;
    bool too_deep_ = false;
    TreeWriter tree_;
    std::vector<Container> open_;
};

}  // namespace

void MsgpackWriter::null() {
    out_.push_back('\xC0');
}

void MsgpackWriter::undefined() {
    out_.append("\xD4\0\0", 3);
}

void MsgpackWriter::boolean(bool value) {
    out_.push_back(value ? '\xC3' : '\xC2');
}

void MsgpackWriter::big_endian(unsigned char prefix, std::uint64_t value, unsigned bytes) {
    out_.push_back(static_cast<char>(prefix));
    while (bytes > 0) {
        --bytes;
        out_.push_back(static_cast<char>(value >> (8 * bytes)));
    }
}

void MsgpackWriter::unsigned_integer(std::uint64_t value) {
    if (value < 0x80) {
        out_.push_back(static_cast<char>(value));
    } else if (value <= 0xFF) {
        big_endian(0xCC, value, 1);
    } else if (value <= 0xFFFF) {
        big_endian(0xCD, value, 2);
    } else if (value <= 0xFFFF'FFFF) {
        big_endian(0xCE, value, 4);
    } else {
        big_endian(0xCF, value, 8);
    }
}

void MsgpackWriter::integer(std::int64_t value) {
    auto const bits = static_cast<std::uint64_t>(value);
    if (value >= 0) {
        unsigned_integer(bits);
    } else if (value >= -0x20) {
        out_.push_back(static_cast<char>(value));
    } else if (value >= std::numeric_limits<std::int8_t>::min()) {
        big_endian(0xD0, bits, 1);
    } else if (value >= std::numeric_limits<std::int16_t>::min()) {
        big_endian(0xD1, bits, 2);
    } else if (value >= std::numeric_limits<std::int32_t>::min()) {
        big_endian(0xD2, bits, 4);
    } else {
        big_endian(0xD3, bits, 8);
    }
}

void MsgpackWriter::number(double value) {
    constexpr double two_to_63 = 9223372036854775808.0;
    if (std::trunc(value) != value || value < -two_to_63 || value >= 2 * two_to_63) {
        big_endian(0xCB, std::bit_cast<std::uint64_t>(value), 8);
    } else if (value >= 0) {
        unsigned_integer(static_cast<std::uint64_t>(value));
    } else {
        integer(static_cast<std::int64_t>(value));
    }
}

void MsgpackWriter::string(std::string_view text) {
    if (text.size() < 0x20) {
        out_.push_back(static_cast<char>(0xA0 | text.size()));
    } else if (text.size() <= 0xFF) {
        big_endian(0xD9, text.size(), 1);
    } else if (text.size() <= 0xFFFF) {
        big_endian(0xDA, text.size(), 2);
    } else {
        big_endian(0xDB, text.size(), 4);
    }
    out_ += text;
}

void MsgpackWriter::binary(std::string_view bytes) {
    if (bytes.size() <= 0xFF) {
        big_endian(0xC4, bytes.size(), 1);
    } else if (bytes.size() <= 0xFFFF) {
        big_endian(0xC5, bytes.size(), 2);
    } else {
        big_endian(0xC6, bytes.size(), 4);
    }
    out_ += bytes;
}

void MsgpackWriter::begin_array(std::size_t size) {
    if (size < 0x10) {
        out_.push_back(static_cast<char>(0x90 | size));
    } else {
        size <= 0xFFFF ? big_endian(0xDC, size, 2) : big_endian(0xDD, size, 4);
    }
}

void MsgpackWriter::begin_object(std::size_t size) {
    if (size < 0x10) {
        out_.push_back(static_cast<char>(0x80 | size));
    } else {
        size <= 0xFFFF ? big_endian(0xDE, size, 2) : big_endian(0xDF, size, 4);
    }
}

std::optional<Json> parse_msgpack(std::string_view bytes, std::size_t max_depth, bool* too_deep) {
    MsgpackReader reader(bytes, max_depth);
    auto value = reader.read();
    if (too_deep) {
        *too_deep = reader.too_deep();
    }
    return value;
}

}  // namespace socketio
