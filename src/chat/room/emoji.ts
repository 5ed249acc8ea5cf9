/** Shortcodes and their emoji, as `name emoji` pairs: those that people type from memory. */
const TABLE = `
  smile 😄 grin 😁 joy 😂 rofl 🤣 slightly_smiling_face 🙂 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 star_struck 🤩
  kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany_face 🤪 sunglasses 😎 nerd_face 🤓 thinking 🤔 shushing_face 🤫
  zipper_mouth_face 🤐 raised_eyebrow 🤨 neutral_face 😐 expressionless 😑 smirk 😏 unamused 😒 roll_eyes 🙄 grimacing 😬
  relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 exploding_head 🤯 partying_face 🥳 confused 😕 worried 😟
  open_mouth 😮 astonished 😲 flushed 😳 pleading_face 🥺 cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 sweat_smile 😅
  weary 😩 tired_face 😫 yawning_face 🥱 triumph 😤 rage 😡 angry 😠 skull 💀 poop 💩 clown_face 🤡 ghost 👻 alien 👽
  robot 🤖 smile_cat 😺 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 upside_down_face 🙃 melting_face 🫠 saluting_face 🫡
  heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 black_heart 🖤 broken_heart 💔
  sparkling_heart 💖 100 💯 boom 💥 dizzy 💫 zzz 💤 wave 👋 raised_hand ✋ ok_hand 👌 v ✌️ crossed_fingers 🤞 metal 🤘
  call_me_hand 🤙 point_left 👈 point_right 👉 point_up ☝️ point_down 👇 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 fist ✊
  facepunch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ muscle 💪 eyes 👀 brain 🧠
  shrug 🤷 facepalm 🤦 bow 🙇 dancer 💃 runner 🏃 ninja 🥷 dog 🐶 cat 🐱 fox_face 🦊 bear 🐻 panda_face 🐼 koala 🐨
  tiger 🐯 lion 🦁 cow 🐮 pig 🐷 frog 🐸 monkey 🐒 chicken 🐔 penguin 🐧 duck 🦆 owl 🦉 unicorn 🦄 bee 🐝 bug 🐛
  butterfly 🦋 snail 🐌 turtle 🐢 snake 🐍 octopus 🐙 crab 🦀 whale 🐳 dolphin 🐬 shark 🦈 elephant 🐘 gopher 🐹
  christmas_tree 🎄 evergreen_tree 🌲 cactus 🌵 seedling 🌱 four_leaf_clover 🍀 rose 🌹 sunflower 🌻 earth_africa 🌍
  moon 🌙 sunny ☀️ partly_sunny ⛅ cloud ☁️ rainbow 🌈 zap ⚡ snowflake ❄️ snowman ⛄ fire 🔥 droplet 💧 ocean 🌊 star ⭐
  star2 🌟 sparkles ✨ apple 🍎 banana 🍌 grapes 🍇 strawberry 🍓 avocado 🥑 bread 🍞 cheese 🧀 pizza 🍕 hamburger 🍔
  fries 🍟 taco 🌮 sushi 🍣 ramen 🍜 cookie 🍪 cake 🍰 birthday 🎂 popcorn 🍿 coffee ☕ tea 🍵 beer 🍺 beers 🍻
  clinking_glasses 🥂 wine_glass 🍷 cocktail 🍸 champagne 🍾 soccer ⚽ basketball 🏀 trophy 🏆 medal 🏅 dart 🎯 video_game 🎮
  game_die 🎲 art 🎨 musical_note 🎵 headphones 🎧 guitar 🎸 movie_camera 🎥 car 🚗 bus 🚌 bike 🚲 train 🚆 airplane ✈️
  rocket 🚀 ship 🚢 anchor ⚓ construction 🚧 house 🏠 office 🏢 tent ⛺ watch ⌚ iphone 📱 computer 💻 keyboard ⌨️
  printer 🖨️ floppy_disk 💾 cd 💿 camera 📷 telephone ☎️ battery 🔋 electric_plug 🔌 bulb 💡 flashlight 🔦 candle 🕯️
  moneybag 💰 gem 💎 wrench 🔧 hammer 🔨 tools 🛠️ gear ⚙️ link 🔗 magnet 🧲 microscope 🔬 telescope 🔭 satellite 📡
  pill 💊 door 🚪 gift 🎁 balloon 🎈 tada 🎉 confetti_ball 🎊 email 📧 package 📦 mailbox 📫 memo 📝 calendar 📅
  chart 📈 clipboard 📋 pushpin 📌 paperclip 📎 scissors ✂️ lock 🔒 unlock 🔓 key 🔑 mag 🔍 bell 🔔 no_bell 🔕
  loudspeaker 📢 speech_balloon 💬 thought_balloon 💭 hourglass ⌛ alarm_clock ⏰ warning ⚠️ no_entry ⛔ x ❌ o ⭕
  white_check_mark ✅ heavy_check_mark ✔️ question ❓ exclamation ❗ bangbang ‼️ recycle ♻️ arrow_left ⬅️ arrow_right ➡️
  arrow_up ⬆️ arrow_down ⬇️ new 🆕 ok 🆗 cool 🆒 free 🆓 sos 🆘 checkered_flag 🏁 white_flag 🏳️ pirate_flag 🏴‍☠️
`;

/** Emoji by shortcode, without the colons. */
export const EMOJI: ReadonlyMap<string, string> = readTable();

function readTable(): Map<string, string> {
  const words = TABLE.trim().split(/\s+/);
  const table = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) table.set(words[index]!, words[index + 1]!);
  return table;
}

/**
 * Replaces shortcodes in a text, except in code (between backticks) and inside words and addresses.
 *
 * @example
 * ```ts
 * expandEmoji('done :tada:'); // 'done 🎉'
 * ```
 */
export function expandEmoji(text: string): string {
  return text.replace(/(`+)[^`]*\1|(?<![\w/`]):([a-z0-9_+-]{1,32}):(?![\w/])/g, (whole, _fence, name) => {
    return (name !== undefined && EMOJI.get(name)) || whole;
  });
}
