#include "socketio/text_parser.hpp"

#include "socketio/raw_json.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace socketio {
namespace {

constexpr std::size_t usual_packet_bytes = 120;
constexpr std::string_view too_many_attachments = "too many attachments";

bool is_binary(PacketType type) {
    return type == PacketType::binary_event || type == PacketType::binary_ack;
}

// What the packet says before its payload, and where the payload starts.
struct Header {
    PacketType type = PacketType::connect;
    std::size_t attachments = 0;
    std::string_view nsp = "/";
    std::optional<std::uint64_t> id;
    std::string_view payload;
    std::string error;
};

// Takes the leading digits off `text`. Any number of them is consumed in one pass; nullopt if
// there are none or they exceed 64 bits.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

// The reference takes any text JavaScript converts to an integer from 1 to 10 ("1.0", "0x1"); no
// client sends such, so only digits are accepted here.
bool read_attachments(Header& header, std::string_view& rest, std::size_t max_attachments) {
    bool const starts_with_digit = !rest.empty() && rest[0] >= '0' && rest[0] <= '9';
    auto const count = take_number(rest);
    if (!starts_with_digit || count == 0U || !rest.starts_with('-')) {
        header.error = "Illegal attachments";
        return false;
    }
    if (!count || *count > max_attachments) {
        header.error = too_many_attachments;
        return false;
    }
    rest.remove_prefix(1);
    header.attachments = static_cast<std::size_t>(*count);
    return true;
}

Header read_header(std::string_view text, std::size_t max_attachments) {
    Header header;
    if (text.empty() || text[0] < '0' || text[0] > '6') {
        bool const is_digit = !text.empty() && text[0] >= '7' && text[0] <= '9';
        header.error = "unknown packet type " + (is_digit ? std::string(1, text[0]) : "NaN");
        return header;
    }
    header.type = static_cast<PacketType>(text[0] - '0');
    std::string_view rest = text.substr(1);
    if (is_binary(header.type) && !read_attachments(header, rest, max_attachments)) {
        return header;
    }
    if (rest.starts_with('/')) {
        header.nsp = rest.substr(0, rest.find(','));
        rest.remove_prefix(header.nsp.size());
        rest.remove_prefix(rest.empty() ? 0 : 1);
    }
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
        header.id = take_number(rest);
        if (!header.id || *header.id > max_packet_id) {
            header.error = "illegal id";
        }
    }
    header.payload = rest;
    return header;
}

// Only the literal true marks a placeholder; any other value of the member is plain data.
bool is_placeholder(Json const& value) {
    bool const* const mark = value["_placeholder"].boolean();
    return mark && *mark;
}

}  // namespace

std::size_t nesting_of(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;  // the escaped character ends no string
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (depth > 0 && (c == ']' || c == '}')) {
            --depth;
        }
    }
    return deepest;
}

bool resolve_placeholders(Json& data, std::vector<std::string> attachments) {
    // Where each attachment went first. Those values stay where they are: only placeholder leaves
    // are replaced, containers never grow.
    std::vector<Json const*> placed(attachments.size(), nullptr);
    std::size_t reused_bytes = 0;
    std::vector<Json*> to_visit{&data};
    while (!to_visit.empty()) {
        Json& value = *to_visit.back();
        to_visit.pop_back();
        if (is_placeholder(value)) {
            auto const num = value["num"].integer();
            if (!num || *num < 0 || std::cmp_greater_equal(*num, attachments.size())) {
                return false;
            }
            auto const index = static_cast<std::size_t>(*num);
            if (placed[index]) {
                reused_bytes += placed[index]->binary()->bytes.size();
                if (reused_bytes > engineio::limits::max_reused_attachment_bytes) {
                    return false;
                }
                value = Json(*placed[index]);
            } else {
                value = Json(Binary{std::move(attachments[index])});
                placed[index] = &value;
            }
        } else if (Json::Array* const items = value.array_items()) {
            for (Json& item : *items) {
                to_visit.push_back(&item);
            }
        } else if (Json::Object* const object = value.object_members()) {
            for (std::size_t i = 0; i < object->size(); ++i) {
                to_visit.push_back(&object->value_at(i));
            }
        }
    }
    return true;
}

DecodeResult TextDecoder::on_text(std::string_view text) {
    if (pending_) {
        return DecodeResult::failure("got plaintext data when reconstructing a packet");
    }
    Header header = read_header(text, limits_->max_attachments);
    if (header.error == too_many_attachments) {
        return DecodeResult::exceeded("max_attachments", std::move(header.error));
    }
    if (!header.error.empty()) {
        return DecodeResult::failure(std::move(header.error));
    }
    // Reading stops at max_json_depth by itself.
    if (limits_->max_json_depth < max_json_depth &&
        nesting_of(header.payload) > limits_->max_json_depth) {
        return invalid_payload(header.payload);
    }
    Packet packet{header.type, std::string(header.nsp), header.id, Json(), false};
    if (raw_filter_ && header.type == PacketType::event) {
        auto const name = peek_event_name(header.payload);
        if (name && raw_filter_->wants_raw(header.nsp, *name) && !is_reserved_event(*name)) {
            auto args = split_event(header.payload);
            if (!args) {
                return invalid_payload(header.payload);
            }
            packet.raw = Packet::RawEvent{std::string(*name), std::move(*args)};
            packet.has_data = true;
            return DecodeResult::complete(std::move(packet));
        }
    }
    if (!header.payload.empty()) {
        auto data = Json::parse(header.payload);
        if (!data || !is_valid_payload(header.type, &*data)) {
            return invalid_payload(header.payload);
        }
        packet.data = std::move(*data);
        packet.has_data = true;
    } else if (header.type != PacketType::connect && header.type != PacketType::disconnect &&
               header.type != PacketType::connect_error) {
        packet.data = Json::array();
        packet.has_data = true;
    }
    if (!is_binary(header.type)) {
        return DecodeResult::complete(std::move(packet));
    }
    packet.type = header.type == PacketType::binary_event ? PacketType::event : PacketType::ack;
    std::string payload;
    if (header.payload.size() > engineio::limits::max_waiting_tree_bytes) {
        payload = header.payload;
        packet.data = Json();
    }
    pending_ = std::make_unique<Pending>(
        Pending{std::move(packet), std::move(payload), header.attachments, {}});
    return DecodeResult::wait();
}

DecodeResult TextDecoder::invalid_payload(std::string_view payload) const {
    if (nesting_of(payload) > limits_->max_json_depth) {
        return DecodeResult::exceeded("max_json_depth", "payload nested too deep");
    }
    return DecodeResult::failure("invalid payload");
}

DecodeResult TextDecoder::on_binary(std::string_view bytes) {
    if (!pending_) {
        return DecodeResult::failure("got binary data when not reconstructing a packet");
    }
    pending_->bytes += bytes.size();
    if (limits_->max_attachment_bytes != 0 && pending_->bytes > limits_->max_attachment_bytes) {
        return DecodeResult::exceeded("max_attachment_bytes", "attachments too large");
    }
    pending_->attachments.emplace_back(bytes);
    if (pending_->attachments.size() < pending_->expected) {
        return DecodeResult::wait();
    }
    std::unique_ptr<Pending> const complete = std::move(pending_);
    if (!complete->payload.empty()) {
        complete->packet.data = *Json::parse(complete->payload);  // it was valid before
    }
    if (!resolve_placeholders(complete->packet.data, std::move(complete->attachments))) {
        return DecodeResult::failure("illegal attachments");
    }
    return DecodeResult::complete(std::move(complete->packet));
}

EncodedPacket TextParser::encode(PacketType type, std::string_view nsp,
                                 std::optional<std::uint64_t> id, PayloadRef data) const {
    EncodedPacket encoded;
    std::string& text = encoded.main;
    text.reserve(usual_packet_bytes);  // one allocation instead of four
    text.push_back(static_cast<char>('0' + static_cast<int>(type)));
    if (nsp != "/") {
        text += nsp;
        text.push_back(',');
    }
    if (id) {
        text += std::to_string(*id);
    }
    if (data) {
        bool const may_attach = type == PacketType::event || type == PacketType::ack;
        TextWriter writer(text, may_attach ? &encoded.attachments : nullptr);
        data(writer);
    }
    // Only now is it known whether there are attachments; the shift costs binary packets alone.
    if (!encoded.attachments.empty()) {
        bool const is_event = type == PacketType::event;
        text.replace(0, 1,
                     (is_event ? "5" : "6") + std::to_string(encoded.attachments.size()) + "-");
    }
    return encoded;
}

std::unique_ptr<Decoder> TextParser::make_decoder() const {
    return std::make_unique<TextDecoder>();
}

std::shared_ptr<Parser const> text_parser() {
    static auto const parser = std::make_shared<TextParser const>();
    return parser;
}

}  // namespace socketio
