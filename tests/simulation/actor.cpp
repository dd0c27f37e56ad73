#include "tests/simulation/actor.hpp"

#include <charconv>
#include <utility>

namespace simulation {

namespace {

constexpr char const* spaces[] = {"/", "/", "/b", "/dynamic-1", "/dynamic-2"};

std::string prefix(std::string const& space) {
    return space == "/" ? "" : space + ",";
}

bool is_dynamic(std::string const& space) {
    return space.starts_with("/dynamic");
}

template <class T>
T take_number(std::string_view& text) {
    T number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// The value of a string member of a JSON object.
std::string member_of(std::string_view json, std::string_view name) {
    auto const mark = "\"" + std::string(name) + "\":\"";
    auto const at = json.find(mark);
    if (at == std::string_view::npos) {
        return {};
    }
    auto const rest = json.substr(at + mark.size());
    return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

// A Socket.IO packet, taken apart but for its JSON.
struct Actor::Packet {
    char type = ' ';
    bool binary = false;
    std::string space = "/";
    std::uint64_t id = 0;
    bool has_id = false;
    std::string_view json;

    explicit Packet(std::string_view text) {
        type = text.front();
        text.remove_prefix(1);
        if (type == '5' || type == '6') {
            binary = true;
            type = type == '5' ? '2' : '3';
            text.remove_prefix(text.find('-') + 1);
        }
        if (text.starts_with('/')) {
            auto const comma = text.find(',');
            space = text.substr(0, comma);
            text.remove_prefix(comma + 1);
        }
        has_id = !text.empty() && text.front() >= '0' && text.front() <= '9';
        if (has_id) {
            id = take_number<std::uint64_t>(text);
        }
        json = text;
    }
};

Actor::Actor(Machine& machine, Model& model, App& app, Dice& dice, bool nervous, Trace trace)
    : machine_(machine), model_(model), app_(app), dice_(dice), nervous_(nervous),
      trace_(std::move(trace)) {}

Actor::~Actor() = default;

// --- the connection ----------------------------------------------------------------------------

void Actor::connect() {
    bool const websocket = dice_.one_in(2);
    trace_(websocket ? "connects with WebSocket" : "connects with polling");
    line_ = std::make_shared<Lifeline>();
    line_->settled = machine_.now();
    link_ = std::make_unique<Link>(machine_.path(), websocket, dice_,
                                   [this](std::string_view packet, bool binary) {
                                       if (binary) {
                                           on_attachment(packet);
                                       } else if (packet != "open") {
                                           on_packet(packet);
                                       }
                                   });
    closing_ = false;
}

void Actor::drop() {
    line_->cut_by_client = true;
    line_->settled_open = false;
    for (auto& [space, seat] : seats_) {
        if (auto* const member = std::exchange(seat.member, nullptr)) {
            member->left = true;
        }
        seat.leftovers = seat.hasty = false;
    }
    half_ = nullptr;
    upgrades_ += link_->upgraded() ? 1 : 0;
    link_.reset();
    line_.reset();
}

void Actor::cut() {
    if (link_) {
        trace_("cuts its connection");
        drop();
    }
}

void Actor::leave() {
    mute_ = false;
    if (!link_ || closing_) {
        return;
    }
    if (!link_->open() || dice_.one_in(2)) {
        return cut();
    }
    trace_("closes its connection");
    line_->cut_by_client = true;
    closing_ = true;
    link_->close();
}

bool Actor::pump(bool all) {
    if (!link_ || mute_) {
        return false;
    }
    bool const progress = link_->pump(all);
    if (link_->over()) {
        trace_("has lost its connection: " + link_->why());
        drop();
        return true;
    }
    return progress;
}

bool Actor::settled() const {
    return link_ && link_->open() && !mute_ && !closing_ && !link_->paused();
}

void Actor::note_settled() {
    if (line_) {
        line_->settled_open = settled();
        line_->settled = line_->settled_open ? machine_.now() : line_->settled;
    }
    for (auto& [space, seat] : seats_) {
        seat.hasty = seat.hasty && !settled();
    }
}

void Actor::check_settled() const {
    for (auto const& [space, seat] : seats_) {
        if (seat.member) {
            model_.check_settled(*seat.member, settled());
        }
    }
}

// --- what it does ------------------------------------------------------------------------------

void Actor::act() {
    if (!link_) {
        return dice_.one_in(3) ? connect() : void();
    }
    if (mute_) {
        mute_ = !dice_.one_in(6);
        return mute_ ? void() : trace_("reads again");
    }
    if (closing_) {
        return;
    }
    if (!link_->open()) {
        return dice_.one_in(40) ? cut() : void();
    }
    if (nervous_ && dice_.one_in(20)) {
        return cut();
    }
    if (dice_.one_in(12)) {
        return use_connection();
    }
    auto const& space = spaces[dice_.below(std::size(spaces))];
    auto& seat = seats_[space];
    if (!seat.member) {
        return enter(space);
    }
    if (seat.member->welcomed) {
        use(*seat.member);
    }
}

void Actor::use_connection() {
    switch (dice_.below(16)) {
    case 0:
        return leave();
    case 1:
        return cut();
    case 2:
        trace_("falls silent");
        mute_ = true;
        return;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        if (link_->polling() && !link_->upgrading()) {
            trace_("starts an upgrade");
            link_->start_upgrade();
        }
        return;
    case 8:
        return link_->hold_upgrade();
    case 9:
        return link_->drop_probe();
    case 10:
        if (dice_.one_in(4)) {
            trace_("sends garbage");
            line_->garbage = true;
            link_->send_garbage();
        }
        return;
    default:
        return;
    }
}

void Actor::enter(std::string const& space) {
    auto& seat = seats_[space];
    if (seat.hasty) {
        if (!dice_.one_in(20)) {
            return;
        }
        line_->garbage = true;  // as in Node a CONNECT right behind a DISCONNECT is invalid
    }
    auto& member = model_.make_member(space, line_);
    seat.member = &member;
    std::string auth = "{\"t\":" + std::to_string(member.token);
    if (!is_dynamic(space) && model_.recovery() && !seat.offset.empty() && !dice_.one_in(10)) {
        member.claims = true;
        member.claimed_sid = seat.sid;
        member.claimed_entry = seat.last_entry;
        member.claim_is_good = model_.must_recover(member, machine_.now());
        auth += ",\"pid\":\"" + seat.pid + "\",\"offset\":\"" + seat.offset + "\"";
    }
    seat.offset = member.claims ? seat.offset : "";
    trace_("enters " + space + " as " + std::to_string(member.token) +
           (member.claims ? ", again" : ""));
    link_->send("40" + prefix(space) + auth + "}");
}

void Actor::use(Member& member) {
    bool const alone = is_dynamic(member.space);
    auto const a = dice_.below(room_count);
    auto const b = dice_.below(room_count);
    auto const say = [&](char const* name, int x, int y, bool ask = false) {
        emit(member, name, x, y, ask);
    };
    switch (dice_.below(alone ? 20 : 40)) {
    case 0:
        return dice_.one_in(3) ? go(member) : void();
    case 1:
        return dice_.one_in(6) ? say("quit", dice_.below(3), 0) : void();
    case 2:
    case 3:
    case 4:
        return say("tell", dice_.below(3), 0);
    case 5:
    case 6:
        return say("later", 1 + dice_.below(3000), 0, true);
    case 7:
    case 8:
        return emit_binary(member);
    case 9:
    case 10:
    case 11:
        return say("query", 500 + dice_.below(4000), 0);
    case 12:
    case 13:
        return say("join", a, 0);
    case 14:
    case 15:
    case 16:
        return say("ask", a, b, true);
    case 17:
    case 18:
    case 19:
        return say("up", a, b);
    case 20:
        return say("leave", a, 0);
    case 21:
        return say("herd", a, b);
    case 22:
        return dice_.one_in(20) ? say("kick", a, dice_.below(3)) : void();
    case 23:
    case 24:
        return say("poll", a, 500 + dice_.below(4000));
    default:
        return say("cast", a, dice_.below(8));
    }
}

void Actor::emit(Member& member, std::string const& name, int a, int b, bool ask) {
    auto const number = member.next_number++;
    member.requests.push_back({name, number, a, b});
    std::string text = "42" + prefix(member.space);
    if (ask) {
        member.asks[member.next_id] = number;
        text += std::to_string(member.next_id++);
    }
    trace_(std::to_string(member.token) + " sends " + name + " " + std::to_string(number) + " " +
           std::to_string(a) + " " + std::to_string(b));
    link_->send(text + "[\"" + name + "\"," + std::to_string(number) + "," + std::to_string(a) +
                "," + std::to_string(b) + "]");
}

void Actor::emit_binary(Member& member) {
    auto const number = member.next_number++;
    member.requests.push_back({"bin", number, 0, 0});
    member.asks[member.next_id] = number;
    trace_(std::to_string(member.token) + " sends bin " + std::to_string(number));
    link_->send("451-" + prefix(member.space) + std::to_string(member.next_id++) + "[\"bin\"," +
                std::to_string(number) + ",0,0,{\"_placeholder\":true,\"num\":0}]");
    link_->send(attachment(number), true);
}

void Actor::go(Member& member) {
    trace_(std::to_string(member.token) + " leaves " + member.space);
    link_->send("41" + prefix(member.space));
    member.left = true;
    auto& seat = seats_[member.space];
    half_late_ = half_late_ || half_ == &seat;
    seat = {};
    seat.leftovers = seat.hasty = true;
}

// --- what it gets ------------------------------------------------------------------------------

void Actor::on_packet(std::string_view text) {
    if (half_) {
        return model_.complain("a client got text instead of an attachment");
    }
    Packet const packet(text);
    auto const found = seats_.find(packet.space);
    if (found == seats_.end()) {
        if (packet.type != '4') {
            model_.complain("a client got a packet of a namespace where it is not");
        }
        return;
    }
    auto& seat = found->second;
    // Something on its way to a socket that its client has left.
    bool const late = !seat.member || (seat.leftovers && packet.type != '0');
    if (late) {
        if (!seat.leftovers) {
            return model_.complain("a client got a packet after the end: " + std::string(text));
        }
        half_ = packet.binary ? &seat : nullptr;
        half_late_ = true;
        return;
    }
    half_late_ = false;
    switch (packet.type) {
    case '0':
        return on_welcome(seat, packet.json);
    case '1':
        trace_(std::to_string(seat.member->token) + " hears goodbye");
        model_.seen(*seat.member, {Item::Kind::goodbye, {}}, false);
        seat.member->left = true;
        seat = {};
        return;
    case '2':
        return on_event(seat, packet);
    case '3':
        return on_ack(seat, packet);
    default:
        seat.member->refused = true;
        model_.complain("a client was refused: " + std::string(text));
    }
}

void Actor::on_welcome(Seat& seat, std::string_view json) {
    auto& member = *seat.member;
    seat.leftovers = false;
    auto const sid = member_of(json, "sid");
    trace_(std::to_string(member.token) + " is welcomed" +
           (member.claims && sid == seat.sid ? " back" : ""));
    if (sid != seat.sid) {
        seat.offset.clear();
    }
    seat.sid = sid;
    seat.pid = member_of(json, "pid");
    model_.welcomed(member, sid, seat.pid);
}

void Actor::on_event(Seat& seat, Packet const& packet) {
    auto json = packet.json;
    Item item;
    item.kind = packet.has_id ? Item::Kind::ask : Item::Kind::event;
    auto const name = json.substr(2, 1);
    auto rest = json.substr(json.find(',') + 1);
    auto const number = take_number<long>(rest);
    bool const logged = name == "c" || name == "d" || name == "b";
    bool const with_offset = logged && model_.recovery();
    std::string heard = seat.offset;
    item.entry = logged ? number : -1;
    json.remove_suffix(1);
    if (with_offset) {
        auto const at = json.rfind(",\"");
        auto offset = json.substr(at + 2);
        offset.remove_suffix(1);
        heard = offset;
        json = json.substr(0, at);
    }
    item.text = json;
    if (packet.binary) {
        half_ = &seat;
        half_item_ = std::move(item);
        half_offset_ = with_offset;
        half_heard_ = std::move(heard);
        return;
    }
    note_heard(seat, std::move(heard), item);
    model_.seen(*seat.member, item, with_offset);
    if (packet.has_id) {
        answer(*seat.member, packet.id, item.text);
    }
}

// Only of what has arrived wholly.
void Actor::note_heard(Seat& seat, std::string offset, Item const& item) {
    seat.offset = std::move(offset);
    seat.last_entry = item.entry >= 0 ? item.entry : seat.last_entry;
}

void Actor::on_ack(Seat& seat, Packet const& packet) {
    auto& member = *seat.member;
    auto const asked = member.asks.extract(packet.id);
    auto json = packet.json;
    json.remove_suffix(1);
    if (asked.empty()) {
        return model_.complain("a client got an answer once more, or to nothing");
    }
    Item item{Item::Kind::ack, std::string(json)};
    if (packet.binary) {
        half_ = &seat;
        half_item_ = std::move(item);
        half_offset_ = false;
        return;
    }
    if (item.text != "[" + std::to_string(asked.mapped())) {
        model_.complain("a client got the answer to another question");
    }
    model_.seen(member, item, false);
}

void Actor::on_attachment(std::string_view bytes) {
    auto* const seat = std::exchange(half_, nullptr);
    if (!seat) {
        return model_.complain("a client got an attachment of nothing");
    }
    if (half_late_) {
        return;
    }
    half_item_.attachment = bytes;
    if (half_offset_) {
        note_heard(*seat, std::move(half_heard_), half_item_);
    }
    model_.seen(*seat->member, half_item_, half_offset_);
}

void Actor::answer(Member& member, std::uint64_t id, std::string_view text) {
    if (dice_.one_in(5)) {
        return;
    }
    auto number = text.substr(text.find(',') + 1);
    app_.client_answers(take_number<int>(number), member.token);
    link_->send("43" + prefix(member.space) + std::to_string(id) + "[" +
                std::to_string(member.token) + "]");
}

}  // namespace simulation
