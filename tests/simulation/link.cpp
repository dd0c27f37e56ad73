#include "tests/simulation/link.hpp"

#include "engineio/net/text.hpp"

#include <utility>

namespace simulation {

namespace {

constexpr char separator = '\x1e';
constexpr int text_frame = 1;
constexpr int binary_frame = 2;
constexpr int close_frame = 8;

}  // namespace

Link::Link(std::string path, bool websocket, Dice& dice, Receive receive)
    : path_(std::move(path)), dice_(dice), receive_(std::move(receive)), polling_(!websocket) {
    if (websocket) {
        websocket_ = std::make_unique<Wire>(path_);
        websocket_->write(upgrade_request());
    }
}

std::string Link::upgrade_request() const {
    return "GET /socket.io/?EIO=4&transport=websocket" + (sid_.empty() ? "" : "&sid=" + sid_) +
           " HTTP/1.1\r\nHost: sim\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

void Link::send(std::string packet, bool binary) {
    if (!closing_ && !over_) {
        queue_.push_back({std::move(packet), binary});
    }
}

void Link::end(std::string why) {
    if (!std::exchange(over_, true)) {
        why_ = std::move(why);
    }
}

void Link::receive(std::string_view packet, bool binary) {
    if (binary) {
        receive_(packet, true);
    } else if (packet == "2") {
        send("3");
    } else if (packet == "1") {
        end("close packet");
    } else if (packet.starts_with('0')) {
        auto const at = packet.find("\"sid\":\"") + 7;
        sid_ = packet.substr(at, packet.find('"', at) - at);
        open_ = true;
        receive_("open", false);
    } else if (packet.starts_with('4')) {
        receive_(packet.substr(1), false);
    } else if (packet != "6") {
        end("a strange packet: " + std::string(packet));
    }
}

bool Link::pump(bool all) {
    if (over_) {
        return false;
    }
    bool progress = polling_ ? pump_polling(all) : pump_websocket(all);
    if (probe_ && !over_) {
        progress = pump_probe(all) || progress;
    }
    return progress;
}

// --- polling -----------------------------------------------------------------------------------

bool Link::pump_polling(bool all) {
    start_requests();
    bool progress = false;
    if (get_) {
        progress = get_->move(dice_, all);
        take_poll();
    }
    if (post_ && !over_) {
        progress = post_->move(dice_, all) || progress;
        take_post();
    }
    if (!over_) {
        start_requests();
    }
    return progress;
}

void Link::take_poll() {
    auto const answer = get_waits_ ? take_answer(get_->in) : std::nullopt;
    if (answer) {
        get_waits_ = false;
        if (answer->status != 200) {
            return end("poll answered " + std::to_string(answer->status));
        }
        std::string_view rest = answer->body;
        while (!rest.empty() && !over_) {
            auto const packet = rest.substr(0, rest.find(separator));
            rest.remove_prefix(std::min(rest.size(), packet.size() + 1));
            packet.starts_with('b') ? receive(engineio::net::base64_decode(packet.substr(1)), true)
                                    : receive(packet, false);
        }
    } else if (get_waits_ && get_->ended()) {
        end("poll cut");
    }
}

void Link::take_post() {
    auto const answer = post_waits_ ? take_answer(post_->in) : std::nullopt;
    if (answer) {
        post_waits_ = false;
        if (answer->status != 200) {
            end("post answered " + std::to_string(answer->status));
        } else if (closing_ && queue_.empty()) {
            end("closed");
        }
    } else if (post_waits_ && post_->ended()) {
        end("post cut");
    }
}

// The one there is, or a new one if that was idle for too long or by chance.
std::unique_ptr<Wire>& Link::idle_wire(std::unique_ptr<Wire>& wire) {
    if (wire) {
        wire->move(dice_, true);
    }
    if (!wire || wire->ended() || dice_.one_in(10)) {
        wire = std::make_unique<Wire>(path_);
    }
    return wire;
}

void Link::start_requests() {
    // While a probe has its answer, polling pauses.
    if (probe_ && probing_ == Probe::answered) {
        return;
    }
    if (!get_waits_) {
        get_waits_ = true;
        request(*idle_wire(get_), "GET", {});
    }
    if (open_ && !post_waits_ && !queue_.empty()) {
        post_waits_ = true;
        std::string body;
        for (auto most = 1 + dice_.below(20); most > 0 && !queue_.empty(); --most) {
            auto const& packet = queue_.front();
            body += body.empty() ? "" : std::string(1, separator);
            body += packet.binary ? "b" + engineio::net::base64_encode(packet.text) : packet.text;
            queue_.pop_front();
        }
        request(*idle_wire(post_), "POST", body);
    }
}

void Link::request(Wire& wire, std::string_view method, std::string_view body) {
    std::string head(method);
    head += " /socket.io/?EIO=4&transport=polling" + (sid_.empty() ? "" : "&sid=" + sid_) +
            " HTTP/1.1\r\nHost: sim\r\n";
    if (method == "POST") {
        head += "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n";
    }
    wire.write(head + "\r\n");
    wire.write(body);
}

// --- WebSocket ---------------------------------------------------------------------------------

bool Link::pump_websocket(bool all) {
    write_packets();
    bool const progress = websocket_->move(dice_, all);
    take_frames();
    if (!over_) {
        write_packets();
    }
    if (closing_ && queue_.empty() && websocket_->flushed()) {
        end("closed");
    }
    return progress;
}

void Link::take_frames() {
    auto& in = websocket_->in;
    if (!accepted_) {
        auto const answer = take_answer(in);
        if (!answer) {
            if (websocket_->ended()) {
                end("WebSocket cut in its handshake");
            }
            return;
        }
        if (answer->status != 101) {
            return end("WebSocket answered " + std::to_string(answer->status));
        }
        accepted_ = true;
    }
    while (!over_) {
        auto const frame = take_frame(in);
        if (!frame) {
            break;
        }
        if (frame->opcode == text_frame || frame->opcode == binary_frame) {
            receive(frame->payload, frame->opcode == binary_frame);
        } else {
            end(frame->opcode == close_frame ? "close frame" : "a strange frame");
        }
    }
    if (!over_ && websocket_->ended()) {
        end("WebSocket cut");
    }
}

void Link::write_packets() {
    for (; open_ && !queue_.empty(); queue_.pop_front()) {
        write_message(*websocket_, queue_.front());
    }
}

void Link::write_message(Wire& wire, Packet const& packet) {
    int const opcode = packet.binary ? binary_frame : text_frame;
    if (packet.text.size() > 1 && dice_.one_in(10)) {
        auto const cut =
            1 + static_cast<std::size_t>(dice_.below(static_cast<int>(packet.text.size()) - 1));
        wire.write(make_frame(opcode, packet.text.substr(0, cut), false, dice_));
        wire.write(make_frame(0, packet.text.substr(cut), true, dice_));
    } else {
        wire.write(make_frame(opcode, packet.text, true, dice_));
    }
}

// --- upgrade -----------------------------------------------------------------------------------

void Link::start_upgrade() {
    if (polling_ && open_ && !probe_ && !closing_ && !over_) {
        probe_ = std::make_unique<Wire>(path_);
        probe_->write(upgrade_request());
        probing_ = Probe::connecting;
        accepted_ = held_ = false;
    }
}

void Link::drop_probe() {
    if (polling_) {
        probe_.reset();
    }
}

bool Link::pump_probe(bool all) {
    bool const progress = probe_->move(dice_, all);
    if (!accepted_) {
        auto const answer = take_answer(probe_->in);
        if (answer && answer->status != 101) {
            probe_.reset();
            return true;
        }
        accepted_ = answer.has_value();
        if (accepted_) {
            write_message(*probe_, {"2probe", false});
            probing_ = Probe::asked;
        }
    }
    while (accepted_ && probing_ == Probe::asked) {
        auto const frame = take_frame(probe_->in);
        if (!frame) {
            break;
        }
        probe_frame(frame->opcode == text_frame ? frame->payload : "");
        if (!probe_) {
            return true;
        }
    }
    if (probe_->ended()) {
        probe_.reset();  // polling goes on
        return true;
    }
    if (probing_ == Probe::answered && !held_ && !get_waits_ && !post_waits_) {
        finish_upgrade();
        return true;
    }
    return progress;
}

void Link::probe_frame(std::string_view text) {
    if (text == "3probe") {
        probing_ = Probe::answered;
    } else {
        probe_.reset();
    }
}

void Link::finish_upgrade() {
    websocket_ = std::move(probe_);
    polling_ = false;
    upgraded_ = true;
    write_message(*websocket_, {"5", false});
    get_.reset();
    post_.reset();
}

// --- the end -----------------------------------------------------------------------------------

void Link::close() {
    if (!open_ || over_ || closing_) {
        return;
    }
    drop_probe();
    if (polling_) {
        queue_.push_back({"1", false});
    } else {
        write_packets();
        websocket_->write(make_frame(close_frame, "\x03\xe8", true, dice_));
    }
    closing_ = true;
}

void Link::send_garbage() {
    static constexpr char const* texts[] = {
        "4",   "49", "42[",  "451-[\"b\",{}]", "43",
        "4\"", "x",  "42{}", "40/nowhere",     "42[\"connect\"]"};
    queue_.push_back({texts[dice_.below(std::size(texts))], false});
}

}  // namespace simulation
