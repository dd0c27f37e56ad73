#pragma once

#include "tests/simulation/app.hpp"
#include "tests/simulation/link.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace simulation {

// A client with moods: a Socket.IO client over a Link that does at random what clients do.
class Actor {
public:
    using Trace = std::function<void(std::string)>;

    Actor(Machine& machine, Model& model, App& app, Dice& dice, bool nervous, Trace trace);
    ~Actor();

    void act();
    bool pump(bool all);
    // Does not read or write at all.
    bool mute() const { return mute_; }
    // Ends its connection in one way or the other, and reads again if it did not.
    void leave();
    void cut();
    bool gone() const { return !link_; }
    long upgrades() const { return upgrades_; }

    // Everything has come to rest.
    void note_settled();
    void check_settled() const;

private:
    struct Seat {
        Member* member = nullptr;
        bool leftovers = false;  // the answer to CONNECT may come behind what is for another
        bool hasty = false;      // it has left, and the server may not know yet
        std::string sid;
        std::string pid;
        std::string offset;
        long last_entry = 0;
    };
    struct Packet;

    bool settled() const;
    void connect();
    void drop();
    void enter(std::string const& space);
    void use(Member& member);
    void use_connection();
    void emit(Member& member, std::string const& name, int a, int b, bool ask);
    void emit_binary(Member& member);
    void go(Member& member);

    void on_packet(std::string_view text);
    void on_attachment(std::string_view bytes);
    void on_welcome(Seat& seat, std::string_view json);
    void on_event(Seat& seat, Packet const& packet);
    static void note_heard(Seat& seat, std::string offset, Item const& item);
    void on_ack(Seat& seat, Packet const& packet);
    void answer(Member& member, std::uint64_t id, std::string_view text);

    Machine& machine_;
    Model& model_;
    App& app_;
    Dice& dice_;
    bool nervous_;  // loses its connection all the time
    Trace trace_;
    std::unique_ptr<Link> link_;
    std::shared_ptr<Lifeline> line_;
    std::map<std::string, Seat> seats_;
    Seat* half_ = nullptr;  // whose packet waits for its attachment
    Item half_item_;
    bool half_offset_ = false;
    std::string half_heard_;  // the offset in it
    bool half_late_ = false;  // it is for nobody
    long upgrades_ = 0;
    bool mute_ = false;
    bool closing_ = false;
};

}  // namespace simulation
