#pragma once

#include "tests/simulation/wire.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace simulation {

// An Engine.IO client: handshake, long polling, WebSocket, upgrade, heartbeat, its end. All its
// doing happens in pump().
class Link {
public:
    // What arrives, text or binary; also once with "open" when the handshake is over.
    using Receive = std::function<void(std::string_view, bool binary)>;

    Link(std::string path, bool websocket, Dice& dice, Receive receive);

    void send(std::string packet, bool binary = false);
    // Moves bytes, some or all; true if there was anything to do.
    bool pump(bool all);

    void start_upgrade();                  // polling only
    void hold_upgrade() { held_ = true; }  // goes no further, as a client that hangs
    void drop_probe();
    // Says goodbye as the protocol has it.
    void close();
    void send_garbage();

    bool open() const { return open_ && !over_; }
    bool over() const { return over_; }  // ended by the server, or after close()
    bool polling() const { return polling_; }
    bool upgrading() const { return probe_ != nullptr; }
    // Neither polls nor posts: the upgrade is nearly done.
    bool paused() const { return probe_ && probing_ == Probe::answered; }
    bool upgraded() const { return upgraded_; }
    std::string const& why() const { return why_; }

private:
    struct Packet {
        std::string text;
        bool binary;
    };
    enum class Probe : std::uint8_t { connecting, asked, answered };

    void end(std::string why);
    void receive(std::string_view packet, bool binary);
    bool pump_polling(bool all);
    void take_poll();
    void take_post();
    void start_requests();
    void request(Wire& wire, std::string_view method, std::string_view body);
    std::unique_ptr<Wire>& idle_wire(std::unique_ptr<Wire>& wire);
    bool pump_websocket(bool all);
    void take_frames();
    bool pump_probe(bool all);
    void probe_frame(std::string_view text);
    void finish_upgrade();
    void write_packets();
    void write_message(Wire& wire, Packet const& packet);
    std::string upgrade_request() const;

    std::string path_;
    Dice& dice_;
    Receive receive_;
    bool polling_;
    std::string sid_;
    std::string why_;
    bool open_ = false;
    bool over_ = false;
    bool closing_ = false;
    bool held_ = false;
    bool upgraded_ = false;
    bool accepted_ = false;  // the 101 has come
    std::deque<Packet> queue_;
    std::unique_ptr<Wire> get_;
    std::unique_ptr<Wire> post_;
    std::unique_ptr<Wire> websocket_;
    std::unique_ptr<Wire> probe_;
    Probe probing_ = Probe::connecting;
    bool get_waits_ = false;
    bool post_waits_ = false;
};

}  // namespace simulation
